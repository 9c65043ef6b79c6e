"""What a client asked, once the vendor's way of putting it is taken off."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Vendor = Literal["openai", "anthropic"]
Kind = Literal["work", "decision", "side"]

_REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.DOTALL)
_STEERED = re.compile(r"The user sent a new message while you were working:\n(.*?)\n\nThis is how", re.DOTALL)
_WORKING_DIRECTORY = re.compile(r"[Ww]orking directory: (.+)")
_OUTPUT_TOOL = "final_result"
"""pydantic-ai's name for the tool whose arguments are the answer; one per type of a union, with a suffix."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as it was offered."""

    name: str
    schema: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything one side said before the other spoke again."""

    role: Literal["user", "assistant"]
    texts: tuple[str, ...] = ()
    results: tuple[str, ...] = ()  # of tools, as text
    calls: tuple[str, ...] = ()  # names of the tools the assistant used

    @property
    def result(self) -> str:
        return "\n".join(self.results)

    def spoken(self) -> tuple[str, ...]:
        """The texts without the reminders that Claude Code puts beside what a person wrote."""
        bare = (
            _REMINDER.sub(lambda found: "\n".join(steered(found[0])), text).strip() for text in self.texts
        )
        return tuple(text for text in bare if text)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a reply."""

    protocol: Vendor
    model: str
    system: str
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...]
    forced_tool: str | None  # the one tool the reply must use
    must_use_tool: bool
    schema: Mapping[str, object] | None  # of the JSON text the reply must be
    stream: bool
    stream_usage: bool  # a last chunk with the usage was asked for
    agent: str  # the User-Agent header
    body: Mapping[str, object]

    @property
    def kind(self) -> Kind:
        """``side``: Claude Code asks for itself (a title, a summary); it never offers tools then."""
        if self.agent.startswith("claude-cli"):
            return "work" if self.tools else "side"
        return "decision" if self.schema is not None or self.output_tools else "work"

    @property
    def output_tools(self) -> tuple[Tool, ...]:
        """The tools that carry a structured answer rather than do something."""
        if self.forced_tool is not None:
            return tuple(tool for tool in self.tools if tool.name == self.forced_tool)
        named = tuple(tool for tool in self.tools if tool.name.startswith(_OUTPUT_TOOL))
        return named or (self.tools if self.must_use_tool and len(self.tools) == 1 else ())

    @property
    def prompt(self) -> str:
        """What the user side said last, reminders taken off."""
        said = [turn for turn in self.turns if turn.role == "user" and turn.spoken()]
        return "\n".join(said[-1].spoken()) if said else ""

    @property
    def cwd(self) -> str | None:
        """The working directory that Claude Code tells its model."""
        found = _WORKING_DIRECTORY.search(self.system)
        return found[1].strip() if found else None


def steered(text: str) -> tuple[str, ...]:
    """What a person wrote while Claude Code was at work; it comes in a system message or in a reminder."""
    return tuple(_STEERED.findall(text))


def alternating(turns: list[Turn]) -> tuple[Turn, ...]:
    """Neighbours of one role become one turn, as the platforms read them."""
    merged: list[Turn] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role:
            last = merged.pop()
            turn = Turn(
                turn.role, last.texts + turn.texts, last.results + turn.results, last.calls + turn.calls
            )
        merged.append(turn)
    return tuple(merged)
