"""What a person's own words say about the model: "use opus for this", "with the model fast".

Read by code, from the person's own words only, as limits are. A name counts when the configuration has it,
when it plainly is a model's (``anthropic:…``, "the model …", a family that everybody knows), or when it is
nearly one that is configured; "use black for this" is work and not a wish.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

from bot.limits import own_words
from bot.model.decisions import ConfigureModels
from bot.model.kinds import KindOfWork

_NAME: Final = r"[A-Za-z][\w.:/@+-]{0,99}"
_MODEL: Final = rf"(?P<called>(?:the )?model )?(?P<name>{_NAME})(?P<after> model)?"
_THIS: Final = r"(?:this|that|it|these|them|all of (?:this|it|them)|here)"
_BEGIN: Final = r"(?:^|[.,;:!?(\n–—-])\s*(?:and |but |so )?(?:please |pls )?"
_END: Final = r"(?=\s*(?:$|[.,;!?)\n–—]|and\b|please\b|instead\b))"

_PHRASES: Final = tuple(
    re.compile(expression, re.IGNORECASE)
    for expression in (
        rf"\buse {_MODEL} (?:for|on) {_THIS}\b",
        rf"{_BEGIN}use {_MODEL}{_END}",
        rf"\b(?:run|do|try|answer) {_THIS} (?:with|on|in) {_MODEL}{_END}",
        rf"{_BEGIN}(?:with|on|using) {_MODEL}{_END}",
        rf"\b(?:with|on|using) the model (?P<name>{_NAME})(?P<called>)(?P<after>)",
    )
)
_FAMILIES: Final = re.compile(
    r"(?:claude|opus|sonnet|haiku|gpt|chatgpt|gemini|gemma|llama|mistral|mixtral|deepseek|qwen|grok|kimi|o[134])"
    r"(?:[-.:]?\d.*|-.*)?",
    re.IGNORECASE,
)
_PROVIDER: Final = re.compile(r"[a-z][a-z0-9-]*:[\w./:@+-]+", re.IGNORECASE)
NEARLY: Final = 0.8


def parse(text: str, known: Collection[str]) -> tuple[str, ...]:
    """The models that the words name, in their order; the last one holds."""
    own = own_words(text)
    found: dict[int, str] = {}
    for phrase in _PHRASES:
        for match in phrase.finditer(own):
            name = match["name"].rstrip(".:/@+-")
            called = bool(match["called"] or match["after"]) and name.lower() != "model"
            if called or is_model(name, known):
                found[match.start("name")] = name
    return tuple(found[at] for at in sorted(found))


def is_model(name: str, known: Collection[str]) -> bool:
    """Whether the bare word can only mean a model."""
    lower = name.lower()
    return bool(
        lower in {each.lower() for each in known}
        or _PROVIDER.fullmatch(name)
        or _FAMILIES.fullmatch(name)
        or (len(name) > 3 and nearest(name, known, NEARLY))
    )


def nearest(name: str, known: Collection[str], cutoff: float = 0.5) -> list[str]:
    """Names of the file that look like it, the best first."""
    by_lower = {each.lower(): each for each in known}
    return [by_lower[found] for found in get_close_matches(name.lower(), by_lower, n=3, cutoff=cutoff)]


# ── defaults ───────────────────────────────────────────────────────────────────────────────────────────────

_KINDS: Final[dict[str, KindOfWork]] = {
    **{kind.value: kind for kind in KindOfWork},
    "classification": KindOfWork.CLASSIFY,
    "labels": KindOfWork.CLASSIFY,
    "extraction": KindOfWork.EXTRACT,
    "summaries": KindOfWork.SUMMARISE,
    "summarize": KindOfWork.SUMMARISE,
    "translations": KindOfWork.TRANSLATE,
    "drafts": KindOfWork.DRAFT,
    "answers": KindOfWork.ANSWER,
    "code": KindOfWork.CODING,
}
_FROM_NOW: Final = r"(?:from now on|by default)"
_FOR: Final = r"for (?:all )?(?P<target>[\w.-]*\w)(?: work)?"
_DEFAULTS: Final = tuple(
    re.compile(rf"(?:please )?{expression}(?:,? please)?[.!]?", re.IGNORECASE)
    for expression in (
        rf"use (?P<model>{_NAME}) {_FOR},? {_FROM_NOW}",
        rf"{_FROM_NOW},? use (?P<model>{_NAME}) {_FOR}",
        rf"make (?P<model>{_NAME}) the (?:default|usual) model {_FOR}",
        rf"make (?P<model>{_NAME}) the default {_FOR}",
    )
)
_SET: Final = re.compile(rf"set (?P<target>[\w.-]+) (?:to )?(?P<model>{_NAME})", re.IGNORECASE)
_ALIAS: Final = re.compile(
    rf"alias (?P<alias>[\w-]+) (?:= ?)?(?P<model>{_NAME})(?P<role>\s.+)?", re.IGNORECASE | re.DOTALL
)


def default(text: str, projects: Collection[str]) -> ConfigureModels | None:
    """“Use opus for drafts from now on”, as the whole message, about a kind of work or a project."""
    for phrase in _DEFAULTS:
        found = phrase.fullmatch(" ".join(text.split()))
        if found and (found["target"].lower() in _KINDS or found["target"] in projects):
            return _default(found["target"], found["model"])
    return None


def command(text: str) -> ConfigureModels | None:
    """What follows ``/models``: ``set draft fast``, ``alias critic opus You look for …``."""
    if found := _SET.fullmatch(text):
        return _default(found["target"], found["model"])
    if found := _ALIAS.fullmatch(text):
        role = " ".join((found["role"] or "").split())
        return ConfigureModels("alias", found["alias"].lower(), found["model"], role)
    return None


def _default(target: str, model: str) -> ConfigureModels:
    kind = _KINDS.get(target.lower())
    return ConfigureModels("work", kind, model) if kind else ConfigureModels("project", target, model)
