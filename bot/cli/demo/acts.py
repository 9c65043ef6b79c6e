"""What both ways to play the demo have in common: the narrator, the killings, the accounts at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.rule import Rule
from rich.syntax import Syntax
from rich.text import Text

from bot.cli.demo.stage import Stage, until
from bot.desk import Desk
from bot.errors import FrontdeskError
from bot.model.dispatches import RunState
from bot.model.log import Blob
from bot.model.people import Person, Role
from bot.model.posts import OutboxRow

ANN: Final = Person("ann", "ann", Role.USER)

QUESTION: Final = "Which travel kettle should we buy, and what about Japan?"

WEEKLY: Final = "Every Friday at 16:00: a digest of the whole house"

SCENE_S: Final = 90.0
"""More than any scene can take; a demo that hangs is worse than one that fails."""


async def kill_while_waiting(stage: Stage, console: Console, desk: Desk) -> None:
    """The run has parked: the question is a row, and no process waits for it."""

    async def parked() -> bool:
        return (await desk.show(ANN, "d1")).runs[-1].state is RunState.PARKED

    await until(parked, "d1 to park")
    pid = stage.kill()
    narrate(console, f"SIGKILL to the house (process {pid}) while q1 waits; a new one opens")
    await stage.open()


async def kill_in_the_middle(stage: Stage, console: Console, desk: Desk) -> None:
    """When the second tool of the follow-up's run has begun, its model is slow: that is the moment."""

    async def in_the_middle() -> bool:
        runs = (await desk.show(ANN, "d1")).runs
        if runs[-1].state is not RunState.RUNNING or not runs[-1].prompt:
            return False
        events = await desk.news(ANN, "d1", set())
        return any(row.kind == "Used" and row.run == runs[-1].id for row in events)

    await until(in_the_middle, "the follow-up to be at work")
    pid = stage.kill()
    narrate(console, f"SIGKILL to the house (process {pid}) in the middle of the run")
    await stage.open()


async def still_open(desk: Desk) -> None:
    asked = (await desk.show(ANN, "d1")).questions[-1]
    if asked.reply is not None:
        raise FrontdeskError(f"{asked.id} was closed by the wrong person.")


async def save_chart(console: Console, desk: Desk, path: Path) -> None:
    """The picture that came with the digest, byte for byte as a chat would get it."""
    given = (await desk.timetables.history(ANN, "s1"))[0].firing
    async with desk.house.store.reading() as unit:
        sent = await unit.get(OutboxRow, given.outbox or "")
        files = sent.post.files if sent else ()
        chart = await unit.get(Blob, files[0].sha256) if files else None
    if chart is None:
        console.print("[dim]no chart: the extra `charts` is not installed here[/dim]")
        return
    path.write_bytes(chart.data)
    console.print(f"\n[dim]chart[/dim]    {path} ({chart.size} bytes)", soft_wrap=True)


async def accounts(console: Console, desk: Desk) -> None:
    """One session over all runs and both kills, and the money as the program counts it."""
    detail = await desk.show(ANN, "d1")
    session = detail.session.id if detail.session else "none"
    spent = (await desk.status()).spent_today_usd
    tries = ", ".join(f"{run.id} {run.outcome} (attempt {run.attempt})" for run in detail.runs)
    console.print(f"\n[dim]session[/dim]  {session}, the same in every run")
    console.print(f"[dim]runs[/dim]     {tries}")
    console.print(f"[dim]cost[/dim]     ${spent:.4f} at list prices; the rehearsed model took nothing")


def narrate(console: Console, text: str) -> None:
    console.print()
    console.print(Rule(Text(text, style="bold"), align="left", style="dim"))


def code(text: str, language: str) -> Syntax:
    return Syntax(text.strip(), language, theme="ansi_dark", background_color="default", word_wrap=True)


def show_file(console: Console, path: Path) -> None:
    if not path.exists():
        raise FrontdeskError(f"{path.name} was not written.")
    console.print(Text(f"\n{path.name}, as it is on disk now:", style="dim"))
    console.print(code(path.read_text(), "python"))
