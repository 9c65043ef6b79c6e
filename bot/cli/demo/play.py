"""The scenes of the demo, in order; what stands in a scene is typed by nobody and done by the real house."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.rule import Rule
from rich.syntax import Syntax
from rich.text import Text

from bot.app import open_desk
from bot.cli.demo.stage import Stage, until
from bot.desk import Desk
from bot.errors import FrontdeskError, SpecialistError
from bot.model.dispatches import RunState
from bot.model.people import Person, Role
from bot.serving import TerminalHouse

ANN: Final = Person("ann", "ann", Role.USER)

TRIAGE: Final = ("What can you do here?", "Please add an option --shout to greet.py", "/wait question")
BUTTON: Final = ("/press One exclamation mark", "/wait question")
WORDS: Final = (">q2 loud enough for the back row", "/wait approval")
REFUSED: Final = ("/as bob", "/press Allow once")
GRANTED: Final = ("/as ann", "/press Allow once", "/wait done")
FOLLOW_UP: Final = ("Now add a test for that", "/wait done")
STATUS: Final = ("status",)

SCENE_S: Final = 90.0
"""More than any scene can take; a demo that hangs is worse than one that fails."""


async def play() -> int:
    """Play everything; 0 when every scene ended as it should."""
    console = Console(highlight=False)
    begun, code = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="frontdesk-demo-", ignore_cleanup_errors=True) as directory:
        stage = Stage(Path(directory).resolve())
        try:
            await _play(stage, console)
        except* (FrontdeskError, TimeoutError) as errors:
            failed = errors.exceptions[0]
            console.print(Text(f"The demo failed: {failed or 'a scene took too long'}", style="red"))
            console.print(Text(stage.tail(), style="dim"))
            code = 1
        finally:
            stage.close()
    if code:
        return code
    console.print(Rule(style="dim"))
    console.print(f"All of it in {time.monotonic() - begun:.0f} s, on this machine, without an account.")
    console.print(
        "Next: [bold]make chat[/bold] in a directory of yours; the README tells how to give it a model."
    )
    return 0


async def _play(stage: Stage, console: Console) -> None:
    from adapters.rehearsal.model_server import ModelServer, load_script

    script = load_script(Path(str(files("bot.cli.demo").joinpath("model.toml"))))
    async with ModelServer(script) as server:
        sandbox, why = await _sandbox(stage)
        shown = stage.build(url=server.url, openai_url=server.openai_url, sandbox=sandbox, why=why)
        _narrate(console, "A house in a temporary directory, with this configuration")
        console.print(_code(shown, "toml"))
        await stage.open()
        async with open_desk(stage.settings()) as desk:
            await _scenes(stage, console, desk)


async def _scenes(stage: Stage, console: Console, desk: Desk) -> None:
    theatre = Theatre(stage, desk)
    await theatre.begin()
    _narrate(console, "Triage: the secretary answers small things itself and hands on the work")
    await theatre.scene(TRIAGE)
    await _kill_while_waiting(stage, console, desk)
    _narrate(console, "Ann answers by a button; the same session goes on and asks again")
    await theatre.scene(BUTTON)
    _narrate(console, "This time she answers in her own words")
    await theatre.scene(WORDS)
    _narrate(
        console,
        "It needs an approval to run a command. Bob has no say in Ann's work: refused",
    )
    await theatre.scene(REFUSED)
    await _still_open(desk)
    _narrate(console, "Ann did, so hers counts, once, for exactly this command")
    await theatre.scene(GRANTED)
    _show_file(console, stage.project / "greet.py")
    _narrate(console, "A follow-up resumes the session, and the house is killed again")
    await theatre.scene(FOLLOW_UP, beside=lambda: _kill_in_the_middle(stage, console, desk))
    _show_file(console, stage.project / "test_greet.py")
    _narrate(console, "What it was and what it cost")
    await theatre.scene(STATUS)
    await _accounts(console, desk)


class Theatre:
    """One terminal for the whole demo: a client of the house, so that the house may die beside it."""

    def __init__(self, stage: Stage, desk: Desk) -> None:
        from adapters.chats.terminal.following import Follower
        from adapters.chats.terminal.playing import Player
        from adapters.chats.terminal.screen import Plain, Screen
        from adapters.chats.terminal.seen import Seen
        from adapters.chats.terminal.sitting import Sitting
        from adapters.chats.terminal.styled import Styled

        house = TerminalHouse(desk)
        screen: Screen = Styled(sys.stdout, live=False) if sys.stdout.isatty() else Plain(sys.stdout)
        self._follower = Follower(house, screen, Seen(None), "main", live=False)
        sitting = Sitting(house, screen, self._follower, ["ann", "bob"], "ann")
        self._player = Player(sitting, screen, self._follower)
        self._stage = stage
        self._script = stage.root / "scene.txt"

    async def begin(self) -> None:
        await self._follower.go("main")

    async def scene(self, lines: Sequence[str], beside: Callable[[], Awaitable[None]] | None = None) -> None:
        """Play the lines; ``beside`` happens meanwhile. FrontdeskError at the first that cannot be done."""
        self._script.write_text("\n".join(lines))
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._follower.follow(lambda: None))
            guarding = group.create_task(self._stage.guard())
            meanwhile = group.create_task(_call(beside)) if beside else None
            async with asyncio.timeout(SCENE_S):
                ended = await self._player.script(self._script)
                if meanwhile is not None:
                    await meanwhile
            watching.cancel()
            guarding.cancel()
        if ended != 0:
            raise FrontdeskError("a line of the script could not be played.")


async def _call(beside: Callable[[], Awaitable[None]]) -> None:
    await beside()


async def _sandbox(stage: Stage) -> tuple[str, str]:
    """The best level that can be proven here; without one the demo says so and goes on all the same."""
    from adapters.specialists import sandbox

    places = [stage.root / name for name in ("shop", "home/specialists", "home/scratch")]
    for place in places:
        place.mkdir(parents=True, mode=0o700)
    walls = sandbox.Walls(*(str(place) for place in places), denied=(str(stage.home),))
    try:
        proof = await sandbox.choose("strict", walls, home=str(stage.home))
    except SpecialistError:
        return (
            "none",
            "             # no sandbox holds on this machine: it works in the directory above only by habit",
        )
    return "auto", f"                  # proven here: {proof.level.value}"


async def _kill_while_waiting(stage: Stage, console: Console, desk: Desk) -> None:
    """The run has parked: the question is a row, and no process waits for it."""

    async def parked() -> bool:
        return (await desk.show(ANN, "d1")).runs[-1].state is RunState.PARKED

    await until(parked, "d1 to park")
    pid = stage.kill()
    _narrate(console, f"SIGKILL to the house (process {pid}) while q1 waits; a new one opens")
    await stage.open()


async def _kill_in_the_middle(stage: Stage, console: Console, desk: Desk) -> None:
    """When the second tool of the follow-up's run has begun, its model is slow: that is the moment."""

    async def in_the_middle() -> bool:
        runs = (await desk.show(ANN, "d1")).runs
        if runs[-1].state is not RunState.RUNNING or not runs[-1].prompt:
            return False
        events = await desk.news(ANN, "d1", set())
        return any(row.kind == "Used" and row.run == runs[-1].id for row in events)

    await until(in_the_middle, "the follow-up to be at work")
    pid = stage.kill()
    _narrate(console, f"SIGKILL to the house (process {pid}) in the middle of the run")
    await stage.open()


async def _still_open(desk: Desk) -> None:
    asked = (await desk.show(ANN, "d1")).questions[-1]
    if asked.reply is not None:
        raise FrontdeskError(f"{asked.id} was closed by the wrong person.")


async def _accounts(console: Console, desk: Desk) -> None:
    """One session over all runs and both kills, and the money as the program counts it."""
    detail = await desk.show(ANN, "d1")
    session = detail.session.id if detail.session else "none"
    spent = (await desk.status()).spent_today_usd
    tries = ", ".join(f"{run.id} {run.outcome} (attempt {run.attempt})" for run in detail.runs)
    console.print(f"\n[dim]session[/dim]  {session}, the same in every run")
    console.print(f"[dim]runs[/dim]     {tries}")
    console.print(f"[dim]cost[/dim]     ${spent:.4f} at list prices; the rehearsed model took nothing")


def _narrate(console: Console, text: str) -> None:
    console.print()
    console.print(Rule(Text(text, style="bold"), align="left", style="dim"))


def _code(text: str, language: str) -> Syntax:
    return Syntax(text.strip(), language, theme="ansi_dark", background_color="default", word_wrap=True)


def _show_file(console: Console, path: Path) -> None:
    if not path.exists():
        raise FrontdeskError(f"{path.name} was not written.")
    console.print(Text(f"\n{path.name}, as it is on disk now:", style="dim"))
    console.print(_code(path.read_text(), "python"))
