"""A reply of the rehearsed model, before a vendor's dialect writes it."""

import math
import uuid
from dataclasses import dataclass
from typing import Literal

from adapters.rehearsal.model_server.asked import Asked, Tool
from adapters.rehearsal.model_server.payload import compact, items, table
from adapters.rehearsal.model_server.script import Step, Usage

Stop = Literal["end", "tools", "length"]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call; ``arguments`` is JSON text, perhaps cut short."""

    id: str
    tool: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Token figures, none ever zero; ``input`` is all of it, read from cache or not."""

    input: int
    cache_read: int
    cache_write: int
    output: int


@dataclass(frozen=True, slots=True)
class Reply:
    id: str
    model: str
    text: str
    calls: tuple[Call, ...]
    stop: Stop
    tally: Tally


def compose(step: Step, asked: Asked, usage: Usage, *, truncated: bool = False) -> Reply:
    """``step`` in the form that ``asked`` wants: a decision becomes a tool call or a JSON text."""
    text, wanted = step.say, [(use.tool, compact(use.input)) for use in step.use]
    if step.decide is not None and asked.output_tools:
        wanted.append((_fitting(asked.output_tools, step), compact(step.decide)))
    elif step.decide is not None:
        text = compact(step.decide)
    if truncated and wanted:
        tool, arguments = wanted.pop()
        wanted.append((tool, _half(arguments)))
    elif truncated:
        text = _half(text)
    calls = tuple(Call(uuid.uuid4().hex[:24], tool, arguments) for tool, arguments in wanted)
    stop: Stop = "length" if truncated else "tools" if calls else "end"
    return Reply(
        uuid.uuid4().hex[:24], asked.model, text, calls, stop, _tally(text, calls, step, asked, usage)
    )


def tokens_in(asked: Asked, usage: Usage) -> int:
    return max(3, math.ceil(len(compact(asked.body)) / usage.chars_per_token))


def _fitting(tools: tuple[Tool, ...], step: Step) -> str:
    """Of several output types, the first whose required fields are all given."""
    given = set(step.decide or ())
    fits = (
        tool.name
        for tool in tools
        if given >= {str(one) for one in items(table(tool.schema).get("required"))}
    )
    return next(fits, tools[0].name)


def _half(text: str) -> str:
    return text[: max(1, len(text) // 2)]


def _tally(text: str, calls: tuple[Call, ...], step: Step, asked: Asked, usage: Usage) -> Tally:
    said = len(text) + sum(len(call.tool) + len(call.arguments) for call in calls)
    heard = tokens_in(asked, usage)
    return Tally(
        input=heard,
        cache_read=max(1, math.floor(heard * usage.cache_read_share)),
        cache_write=max(1, math.floor(heard * usage.cache_write_share)),
        output=step.output_tokens or max(1, math.ceil(said / usage.chars_per_token)),
    )
