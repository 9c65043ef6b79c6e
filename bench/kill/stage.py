"""One house's whole world in a directory: configuration, home, projects, and the platform's journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from adapters.rehearsal.scripted_chat import Journal
from adapters.specialists.child.environment import Marker

PEOPLE: Final = ("ann", "bob", "cyd")
PROJECTS: Final = ("p0", "p1", "p2", "p3", "p4", "p5")
BODIED: Final = ("p0", "p1")
"""Projects whose runs have real processes, which try to be left over."""

CONFIGURATION: Final = """
[frontdesk]
home = "{home}"
{database}
[secretary]
model = "rules"
[questions]
grace_s = {grace_s}
[budgets]
person_day_usd = 1000000
total_day_usd = 1000000
total_month_usd = 1000000
[limits]
runs_at_once = 6
per_person = 6
waiting_per_person = 1000
messages_per_minute = 100000
dispatches_per_hour = 100000
[schedules]
least_s = 1
[chats.scripted]
[specialists.scripted]
[specialists.bodied]
kind = "scripted"
"""
PERSON: Final = """
[people.{name}]
role = "admin"
accounts = {{ scripted = "{name}" }}
"""
PROJECT: Final = """
[projects.{name}]
directory = "{directory}"
specialist = "{specialist}"
permission_mode = "acceptEdits"
"""

_LOG: Final = "work/{{tag}}.log"
_TAG: Final = r"(?P<tag>t\d+)"


def _did(what: str) -> dict[str, object]:
    return {"write": _LOG, "text": what + "\n", "append": True}


_PAUSE: Final = {"use": "thinks", "seconds": 0.03}
_END: Final = {"say": "All done.\n\nfinished {{tag}} ({{answer}})"}
"""People see the second line in the result only: a card shows the first."""

PLAY: Final[dict[str, Any]] = {
    "rules": (
        {
            "when": rf"plain work {_TAG}",
            "steps": (
                {"say": "Begins."},
                _did("one"),
                {"plan": ("one", "two")},
                _PAUSE,
                {"tick": "one"},
                _did("two"),
                {"spend": 0.01},
                _END,
            ),
        },
        {
            "when": rf"slow work {_TAG}",
            "steps": (_did("one"), {"use": "works", "seconds": 20.0}, _did("two"), _END),
        },
        {"when": "scheduled work", "steps": (_PAUSE, {"say": "finished by the clock"})},
        {"when": rf"more work {_TAG}", "steps": ({"spend": 0.03}, _did("more"), _PAUSE, _END)},
        {
            "when": rf"asking work {_TAG}",
            "steps": (
                {"spend": 0.07},
                _did("one"),
                {"ask": "Which colour for {{tag}}?", "options": ("red", "blue")},
                _did("chose {{answer}}"),
                _END,
            ),
        },
        {
            "when": rf"careful work {_TAG}",
            "steps": (
                {"spend": 0.11},
                _did("one"),
                {"approve": "Bash", "input": {"command": "deploy {{tag}}"}},
                {"spend": 0.05},
                _did("deployed"),
                _END,
            ),
        },
    ),
}

DONE: Final = {
    "plain": ("one", "two"),
    "slow": ("one", "two"),
    "more": ("more",),
    "asking": ("one", "chose (red|blue)"),
    "careful": ("one", "deployed"),
}
"""What each kind of work leaves in its log: these lines, in this order, and no other."""


@dataclass(frozen=True, slots=True)
class Stage:
    directory: Path
    lookup: bool = True  # whether the platform can find a message by its key
    postgres: str = ""  # the URL of its database; empty: a file in its home
    drain_s: float = 1.0  # what running work has to end by itself when the house is told to
    topics: bool = False  # whether work becomes a topic of its own
    schedules: bool = False  # whether something fires all the time

    @property
    def configuration(self) -> Path:
        return self.directory / "frontdesk.toml"

    @property
    def home(self) -> Path:
        return self.directory / "home"

    @property
    def database(self) -> str:
        return self.postgres or str(self.home / "frontdesk.sqlite3")

    @property
    def decisions(self) -> Path:
        """Every time that the secretary was paid, as it happened."""
        return self.directory / "decisions.jsonl"

    @property
    def enough(self) -> Path:
        """There when nothing is to fire any more."""
        return self.directory / "enough"

    @property
    def log(self) -> Path:
        return self.directory / "house.log"

    @property
    def marker(self) -> Marker:
        return Marker.of(self.home)

    def journal(self) -> Journal:
        return Journal(self.directory / "journal.jsonl")

    def work(self, project: str, tag: str) -> Path:
        return self.directory / project / "work" / f"{tag}.log"

    def transcripts(self) -> Iterator[list[dict[str, Any]]]:
        for path in sorted(self.home.glob("specialists/*/*/sessions/*.jsonl")):
            yield [json.loads(line) for line in path.read_text().splitlines()]


def build(stage: Stage, *, grace_s: float = 0.5) -> Stage:
    """Set the stage up; ``grace_s`` is how long a run waits for a person before it parks."""
    database = f'database = "{stage.postgres}"' if stage.postgres else ""
    parts = [CONFIGURATION.format(home=stage.home, grace_s=grace_s, database=database)]
    parts += [PERSON.format(name=name) for name in PEOPLE]
    for name in PROJECTS:
        directory = stage.directory / name
        directory.mkdir(parents=True)
        specialist = "bodied" if name in BODIED else "scripted"
        parts.append(PROJECT.format(name=name, directory=directory, specialist=specialist))
    stage.configuration.write_text("".join(parts))
    stage.decisions.touch()
    stage.journal()
    return stage
