"""Which blocks Slack takes, and within which limits. https://docs.slack.dev/reference/block-kit/blocks"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from adapters.rehearsal.slack_api.refusals import Json, bad_blocks

MAX_BLOCKS: Final = 50
MAX_VIEW_BLOCKS: Final = 100
MAX_MARKDOWN: Final = 12_000
"""Of all markdown blocks of one message together."""
MAX_ALL: Final = 13_200
"""Of all text of one message; measured, not documented. https://github.com/slackapi/bolt-js/issues/2509"""
MAX_SECTION: Final = 3_000
MAX_HEADER: Final = 150
MAX_ID: Final = 255
MAX_VALUE: Final = 2_000
MAX_BUTTON_TEXT: Final = 75
MAX_ELEMENTS: Final = 25
MAX_CONTEXT: Final = 10
MOST_OPTIONS: Final = 100
MAX_OPTION_VALUE: Final = 150

STATUSES: Final = ("pending", "in_progress", "complete", "error")


ONLY_IN_MESSAGES: Final = ("markdown", "plan", "task_card")
"""https://docs.slack.dev/reference/block-kit/blocks: each says on which surfaces it may stand."""


def check_blocks(blocks: object, *, most: int = MAX_BLOCKS, in_view: bool = False) -> list[Json]:
    """The blocks as they are, or a refusal that says which is wrong."""
    if not isinstance(blocks, list):
        raise bad_blocks("must be an array", error="invalid_blocks_format")
    checked = [_checked(each, at) for at, each in enumerate(cast("list[object]", blocks))]
    for block in checked:
        if in_view and block["type"] in ONLY_IN_MESSAGES:
            raise bad_blocks(f"unsupported type: {block['type']} [json-pointer:/view/blocks]")
    if len(checked) > most:
        raise bad_blocks(f"no more than {most} items allowed [json-pointer:/blocks]")
    if sum(len(each["text"]) for each in checked if each["type"] == "markdown") > MAX_MARKDOWN:
        raise bad_blocks(f"must be less than {MAX_MARKDOWN + 1} characters [json-pointer:/blocks]")
    if not in_view and sum(map(len, texts(checked))) > MAX_ALL:
        raise bad_blocks("blocks are too long", error="msg_blocks_too_long")
    _check_unique(checked)
    return checked


def _checked(block: object, at: int) -> Json:
    if not isinstance(block, dict):
        raise bad_blocks(f"must be an object [json-pointer:/blocks/{at}]")
    block = cast("Json", block)
    kind, where = block.get("type"), f"[json-pointer:/blocks/{at}]"
    if len(str(block.get("block_id", ""))) > MAX_ID:
        raise bad_blocks(f"must be less than {MAX_ID + 1} characters {where}")
    match kind:
        case "markdown":
            _text(block.get("text"), MAX_MARKDOWN, where)
        case "section":
            _text_object(block.get("text"), MAX_SECTION, where)
        case "header":
            _text_object(block.get("text"), MAX_HEADER, where, plain=True)
        case "context":
            _context(block.get("elements"), where)
        case "actions":
            _actions(block.get("elements"), where)
        case "input":
            _input(block, where)
        case "plan" | "task_card":
            _plan(block, where)
        case "divider":
            pass
        case _:
            raise bad_blocks(f"unsupported type: {kind} {where}")
    return block


def _text(text: object, most: int, where: str) -> None:
    if not isinstance(text, str) or not text:
        raise bad_blocks(f"must be more than 0 characters {where}")
    if len(text) > most:
        raise bad_blocks(f"must be less than {most + 1} characters {where}")


def _text_object(given: object, most: int, where: str, *, plain: bool = False) -> None:
    text = cast("Json", given) if isinstance(given, dict) else {}
    if text.get("type") not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        raise bad_blocks(f"unsupported text type: {text.get('type')} {where}")
    _text(text.get("text"), most, where)


def _elements(given: object, most: int, where: str) -> list[Json]:
    elements = cast("list[Json]", given) if isinstance(given, list) else []
    if not 1 <= len(elements) <= most:
        raise bad_blocks(f"between 1 and {most} items allowed {where}/elements")
    return elements


def _context(given: object, where: str) -> None:
    for each in _elements(given, MAX_CONTEXT, where):
        _text_object(each, MAX_SECTION, where)


def _actions(given: object, where: str) -> None:
    for each in _elements(given, MAX_ELEMENTS, where):
        if each.get("type") != "button":
            raise bad_blocks(f"unsupported type: {each.get('type')} {where}")
        _text_object(each.get("text"), MAX_BUTTON_TEXT, where, plain=True)
        if len(str(each.get("action_id", ""))) > MAX_ID or len(str(each.get("value", ""))) > MAX_VALUE:
            raise bad_blocks(f"button is too long {where}")
        if each.get("style") not in (None, "primary", "danger"):
            raise bad_blocks(f"unsupported style {each['style']} {where}")


def _input(block: Json, where: str) -> None:
    _text_object(block.get("label"), 2_000, where, plain=True)
    element: Json = block.get("element") or {}
    if element.get("type") == "static_select":
        _select(element, where)
        return
    if element.get("type") != "plain_text_input":
        raise bad_blocks(f"unsupported type: {element.get('type')} {where}")
    if element.get("placeholder"):
        _text_object(element["placeholder"], 150, where, plain=True)


def _select(element: Json, where: str) -> None:
    """https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element"""
    options = cast("list[Json]", element.get("options") or [])
    if not 1 <= len(options) <= MOST_OPTIONS:
        raise bad_blocks(f"between 1 and {MOST_OPTIONS} options allowed {where}")
    for each in options:
        _text_object(each.get("text"), MAX_BUTTON_TEXT, where, plain=True)
        if not each.get("value") or len(str(each["value"])) > MAX_OPTION_VALUE:
            raise bad_blocks(f"value is missing or too long {where}")
    if element.get("initial_option") not in (None, *options):
        raise bad_blocks(f"initial_option must be one of the options {where}")


def _plan(block: Json, where: str) -> None:
    _text(block.get("title"), 256, where)
    for task in block.get("tasks", [block] if block["type"] == "task_card" else []):
        _text(task.get("title"), 256, where)
        if not task.get("task_id") or task.get("status") not in STATUSES:
            raise bad_blocks(f"unsupported status {task.get('status')} {where}")


def _check_unique(blocks: list[Json]) -> None:
    actions = [each.get("action_id") for block in blocks for each in block.get("elements", [])]
    named = [each for each in actions if each]
    if len(named) != len(set(named)):
        raise bad_blocks("action_id must be unique [json-pointer:/blocks]")


def texts(value: object) -> Iterator[str]:
    """Everything in blocks that people read."""
    match value:
        case {"text": str(words)}:
            yield words
        case dict():
            for name, each in cast("dict[str, Any]", value).items():
                if name == "title" and isinstance(each, str):
                    yield each
                yield from texts(each)
        case list():
            for each in cast("list[object]", value):
                yield from texts(each)
        case _:
            return


def buttons(blocks: list[Json]) -> Iterator[Json]:
    for block in blocks:
        if block["type"] == "actions":
            yield from block["elements"]
