"""One check: what was looked at, how it stands, what to do; and how a list of them is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

import click

from bot.cli.printing import one_line
from bot.model.setup import Verdict

__all__ = ["Check", "Group", "Verdict", "print_report", "report"]


class Group(StrEnum):
    PROGRAMS = "Python and programs"
    CONFIGURATION = "configuration"
    STATE = "state directory and database"
    MODELS = "models"
    SPECIALISTS = "specialists and sandbox"
    CHATS = "chats"
    HOUSE = "running house"
    LIVE = "live requests"


@dataclass(frozen=True, slots=True)
class Check:
    group: Group
    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""  # what to do, unless it passed


_MARKS: Final = {Verdict.PASS: ("✓", "green"), Verdict.WARN: ("!", "yellow"), Verdict.FAIL: ("✗", "red")}


def report(checks: Sequence[Check]) -> dict[str, object]:
    """Keys of ``--json``: status (the worst verdict), counts by verdict, checks."""
    counts = Counter(check.verdict.value for check in checks)
    worst = next((verdict for verdict in ("fail", "warn") if counts[verdict]), "pass")
    return {
        "status": worst,
        "counts": {verdict.value: counts[verdict] for verdict in Verdict},
        "checks": checks,
    }


def print_report(checks: Sequence[Check]) -> None:
    for group, members in groupby(checks, key=lambda check: check.group):
        click.secho(group.value, bold=True)
        for check in members:
            mark, colour = _MARKS[check.verdict]
            click.echo(f"  {click.style(mark, fg=colour)} {check.name}: {one_line(check.detail)}")
            if check.remedy and check.verdict is not Verdict.PASS:
                click.echo(f"      → {one_line(check.remedy)}")
    counts = Counter(check.verdict for check in checks)
    click.echo(
        f"\n{counts[Verdict.PASS]} passed, {counts[Verdict.WARN]} to look at, {counts[Verdict.FAIL]} failed"
    )
