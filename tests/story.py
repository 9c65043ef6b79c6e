"""Plays a story: a chat transcript in Markdown that runs against a real house and says what people must see.

The first ```toml block is the front: tables of frontdesk.toml, ``chat = "scripted"`` for the scripted
platform instead of the terminal (``["scripted", "second"]``: another one beside it, and ``in second`` is the
private conversation there; ``"telegram"``: the rehearsed one, with the places of ``phones``), and
``[[play.rules]]``, what the specialist does. Every ```chat block is transcript, a line each; the rest is
prose. What we say must come in this order and nothing else may come in between; ``…`` stands for anything.
``in side`` after a name means the conversation ``side``.

    ann: fix the parser                      ann replies to q1: the second     ann forwards: look at this
    ann reacts ❌ to d1                       bob reacts ❌ to d1 -> ignored
    ann edits it: fix the lexer              ann to bob: lunch?                redelivered
    ann is not heard: once more               ann wrote 20 minutes ago: fix it
    frontdesk: pattern                       card d1: pattern                  edited: pattern
    ann presses [Allow once]                 … -> what the press is answered with
    ann in team types /frontdesk status -> answer            ann uses the platform's stop     (on Slack)
    dora$ frontdesk people add newt admin -> pattern         (or remove newt, link newt scripted n1, unlink)
    ann presses [Answer] and writes: words   bob presses [Deny] -> refused: pattern
    ann$ frontdesk stop d1 -> pattern        audit: ann question.granted d1/q1
    d1 is parked    q1 is open    d1/2 is finished    d1 has 2 runs    d1 kept one session    d1 cost $0.50
    file api/a.py: pattern                   no file api/a.py                  (2 hours pass)
    (the house is restarted)                 (the house is killed)             (the session of d1 is lost)
    (the secretary thinks)                   (the secretary fails: why)        (the secretary answers)
    (nothing more is said)                   no process is left
    (the secretary tells long results as: words)
    (team/1 is deleted)   (main blocks us)    status: pattern of a problem
    ann attaches a.csv: words (of [files])       file a.done.csv is handed over: pattern
    (the chat is down)    (the chat second is up)    (the next calls of the chat: 429, lose)
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.story_house import StoryHouse
from tests.story_teller import StoryFailed, Teller
from tests.story_view import View


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Script:
    title: str
    front: dict[str, Any]
    lines: tuple[Line, ...]


def read(path: Path) -> Script:
    """Parse a story; its title is its first heading."""
    title, front, lines, fence = "", list[str](), list[Line](), ""
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if text.startswith("```"):
            fence = "" if fence else text.removeprefix("```").strip()
        elif fence == "toml":
            front.append(text)
        elif fence == "chat" and text.strip():
            lines.append(Line(number, text.strip()))
        elif text.startswith("# ") and not title:
            title = text.removeprefix("# ")
    return Script(title, tomllib.loads("\n".join(front)), tuple(lines))


async def play(path: Path, directory: Path, chat: str | None = None, *, called: bool = False) -> None:
    """Play the story in ``path`` with all state in ``directory``, in ``chat`` if it names none.

    ``called``: Telegram by its webhook, Slack over HTTP, instead of being polled and by its socket.
    """
    script = read(path)
    house = StoryHouse({"chat": chat or "terminal", "called": called, **script.front}, directory)
    await house.begin()
    try:
        teller = Teller(house, View(house))
        for line in script.lines:
            try:
                await tell(teller, line.text)
            except Exception as error:
                raise StoryFailed(
                    f"{path.name}:{line.number}: {line.text}\n{error}\n{teller.heard}"
                ) from error
        await teller.nothing_more()
    finally:
        await house.end()


async def tell(teller: Teller, line: str) -> None:
    for expression, verb in VERBS:
        if found := re.fullmatch(expression, line):
            await verb(teller, **{name: value for name, value in found.groupdict().items() if value})
            return
    raise StoryFailed("No such line in a story.")


_WHERE: Final = r"(?: in (?P<where>\w+(?:/\d+)?))?"
_WHO: Final = rf"(?P<who>[a-z]+){_WHERE}"
_SAID: Final = r"(?: -> (?:refused: (?P<refused>.+)|(?P<said>.+)))?"

VERBS: Final[tuple[tuple[str, Callable[..., Awaitable[Any]]], ...]] = (
    (rf"frontdesk{_WHERE}: (?P<pattern>.+)", Teller.frontdesk),
    (rf"card(?: (?P<id>d\d+))?{_WHERE}: (?P<pattern>.+)", Teller.card),
    (rf"edited{_WHERE}: (?P<pattern>.+)", Teller.edited),
    (r"status: (?P<pattern>.+)", Teller.status),
    (r"audit: (?P<who>\w+) (?P<action>\S+) (?P<object>\S+)", Teller.audit),
    (r"file (?P<path>\S+): (?P<pattern>.+)", Teller.file),
    (r"no file (?P<path>\S+)", Teller.no_file),
    (r"redelivered", Teller.redelivered),
    (r"(?P<id>[dq]\d+(?:/\d+)?) is (?P<state>\w+)", Teller.is_state),
    (r"(?P<id>d\d+) has (?P<count>\d+) runs?", Teller.has_runs),
    (r"(?P<id>d\d+) kept one session", Teller.kept_session),
    (r"(?P<id>d\d+) cost \$(?P<usd>[\d.]+)", Teller.cost),
    (r"\((?P<n>\d+) (?P<unit>second|minute|hour|day)s? pass(?:es)?\)", Teller.pass_time),
    (r"\(the house is restarted\)", Teller.restarted),
    (r"\(the house is killed\)", Teller.killed),
    (r"\(the session of (?P<id>d\d+) is lost\)", Teller.loses_session),
    (r"\(the secretary fails: (?P<words>.+)\)", Teller.secretary_fails),
    (r"\(the secretary tells long results as: (?P<words>.+)\)", Teller.secretary_tells),
    (r"no process is left", Teller.no_process),
    (r"\(the secretary thinks\)", Teller.secretary_thinks),
    (r"\(the secretary answers\)", Teller.secretary_answers),
    (r"\(the chat(?: (?P<chat>\w+))? is (?P<state>down|up)\)", Teller.chat_is),
    (r"\((?P<place>\S+) (?P<state>is deleted|blocks us|lets us in again)\)", Teller.place_is),
    (r"\(the next calls of the chat(?: (?P<chat>\w+))?: (?P<faults>.+)\)", Teller.chat_fails),
    (r"\(nothing more is said\)", Teller.nothing_more),
    (rf"{_WHO} presses \[(?P<label>[^\]]+)\](?: and writes: (?P<words>.+))?{_SAID}", Teller.presses),
    (
        r"(?P<who>[a-z]+)\$ frontdesk people (?P<change>add|remove|link|unlink) (?P<words>[^>]+?)"
        r"(?: -> (?P<said>.+))?",
        Teller.changes_people,
    ),
    (
        r"(?P<who>[a-z]+)\$ frontdesk (?P<verb>\w+) (?P<id>\w+)(?: \"(?P<text>.+)\")?(?: -> (?P<said>.+))?",
        Teller.runs_command,
    ),
    (rf"{_WHO} replies to (?P<to>[dqs]\d+): (?P<text>.+)", Teller.replies),
    (rf"{_WHO} reacts (?P<emoji>\S+) to (?P<to>[dq]\d+|it)(?P<ignored> -> ignored)?", Teller.reacts),
    (rf"{_WHO} forwards: (?P<text>.+)", Teller.forwards),
    (rf"{_WHO} attaches (?P<file>[\w.-]+): (?P<text>.+)", Teller.attaches),
    (r"file (?P<name>[\w.-]+) is handed over: (?P<content>.+)", Teller.handed_over),
    (rf"{_WHO} wrote (?P<minutes>\d+) minutes ago: (?P<text>.+)", Teller.wrote_before),
    (rf"{_WHO} edits it: (?P<text>.+)", Teller.edits),
    (rf"{_WHO} is not heard: (?P<text>.+)", Teller.not_heard),
    (rf"{_WHO} types /frontdesk(?: (?P<text>(?!->).+?))?{_SAID}", Teller.types),
    (rf"{_WHO} uses the platform's stop", Teller.stops),
    (rf"{_WHO} to (?P<whom>\w+): (?P<text>.+)", Teller.says_to),
    (rf"{_WHO}: (?P<text>.+)", Teller.writes),
)
"""What a line may be; the first that fits."""
