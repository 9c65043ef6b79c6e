"""The cases of the evaluation: a thread state, a message, and what should come of it.

They stand as YAML beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml

HERE: Final = Path(__file__).parent
KEPT_APART: Final = "kept_apart"
"""Files of this beginning are not looked into while the rules are tuned."""

GROUPS: Final[dict[str, str]] = {
    "no_default": "nothing",
    "waiting": "running",
    "running_research": "running",
    "two_running": "running",
    "question_yes_no": "question",
    "question_open": "question",
    "approval": "question",
    "finished_research": "finished",
    "finished_writing": "finished",
    "finished_two": "finished",
    "finished_poisoned": "finished",
    "failed": "finished",
}
"""States that stand in one column of the table."""


@dataclass(frozen=True, slots=True)
class Case:
    number: str  # file:index
    state: str
    kind: str  # what sort of message it is
    says: str
    expect: tuple[tuple[str, ...], ...]  # any of these; each is all that may happen, in any order
    where: str = "direct"  # direct | group (not addressed to us) | mention
    replies_to: str | None = None
    forwarded: bool = False
    file: str = ""
    kept_apart: bool = False

    @property
    def cell(self) -> tuple[str, str]:
        return self.kind, GROUPS.get(self.state, self.state)


def states() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The projects that there are, and the states by name."""
    read = cast("Mapping[str, Any]", yaml.safe_load((HERE / "states.yaml").read_text("utf-8")))
    found: dict[str, Any] = {}
    for name, entry in read["states"].items():
        found[name] = {**found[entry["like"]], **entry} if "like" in entry else entry
    return read["world"], found


def cases() -> list[Case]:
    files = sorted(path for path in HERE.glob("*.yaml") if path.name != "states.yaml")
    return [
        _case(path, number, entry)
        for path in files
        for number, entry in enumerate(yaml.safe_load(path.read_text("utf-8")), 1)
    ]


def _case(path: Path, number: int, entry: Mapping[str, Any]) -> Case:
    expect = entry["expect"]
    ways = cast("list[str]", expect if isinstance(expect, list) else [expect])
    return Case(
        number=f"{path.stem}:{number}",
        expect=tuple(tuple(sorted(way.split(" + "))) for way in ways),
        kept_apart=path.name.startswith(KEPT_APART),
        **{key: value for key, value in entry.items() if key != "expect"},
    )
