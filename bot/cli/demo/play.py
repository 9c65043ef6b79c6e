"""The demo from its beginning to its end: a stage, a rehearsed model, a house, and the scenes on top."""

from __future__ import annotations

import tempfile
import time
from contextlib import AsyncExitStack
from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from bot import plugins
from bot.app import open_desk
from bot.cli.demo import in_terminal, on_phones
from bot.cli.demo.acts import code, narrate
from bot.cli.demo.drawing import draw
from bot.cli.demo.stage import Stage
from bot.errors import FrontdeskError, Refused, SpecialistError


async def play(chat: str | None = None, html: Path | None = None, chart: Path | None = None) -> int:
    """Play everything, in the terminal or on a chat's stand-in; 0 when every scene ended as it should."""
    opened = plugins.rehearsal(chat) if chat else None
    if html is not None and opened is None:
        raise Refused("--html draws what people see on a chat: add --chat slack.")
    if chart is not None and opened is not None:
        raise Refused("--chart keeps what the demo in the terminal draws: leave out --chat.")
    console = Console(highlight=False)
    begun, failed = time.monotonic(), False
    with tempfile.TemporaryDirectory(prefix="frontdesk-demo-", ignore_cleanup_errors=True) as directory:
        stage = Stage(Path(directory).resolve(), kept_chart=chart.resolve() if chart else None)
        try:
            async with AsyncExitStack() as stack:
                if opened:
                    stage.phones = await stack.enter_async_context(opened())
                if html is not None:
                    draw(stage, html, chat)  # before the scenes too: a refusal should not take half a minute
                await _play(stage, console)
                if html is not None:
                    draw(stage, html, chat)
        except* (FrontdeskError, TimeoutError) as errors:
            first = errors.exceptions[0]
            console.print(Text(f"The demo failed: {first or 'a scene took too long'}", style="red"))
            console.print(Text(stage.tail(), style="dim"))
            failed = True
        finally:
            stage.close()
    if failed:
        return 1
    console.print(Rule(style="dim"))
    console.print(f"All of it in {time.monotonic() - begun:.0f} s, on this machine, without an account.")
    if html is not None:
        console.print(f"What people see at the end: {html}")
    console.print(f"Next: {_next(chat)}")
    return 0


def _next(chat: str | None) -> str:
    if chat:
        return f"[bold]frontdesk init {chat}[/bold] sets up the real one."
    return "[bold]make chat[/bold] in a directory of yours; the README tells how to give it a model."


async def _play(stage: Stage, console: Console) -> None:
    from adapters.rehearsal.miniature_web import MiniatureWeb
    from adapters.rehearsal.model_server import ModelServer, load_script

    script = load_script(Path(str(files("bot.cli.demo").joinpath("model.toml"))))
    async with ModelServer(script) as server, MiniatureWeb() as web:
        sandbox, why = await _sandbox(stage)
        shown = stage.build(
            url=server.url,
            openai_url=server.openai_url,
            search_url=web.search_url,
            sandbox=sandbox,
            why=why,
        )
        narrate(console, "A house in a temporary directory, with this configuration")
        console.print(code(shown, "toml"))
        await stage.open()
        async with open_desk(stage.settings()) as desk:
            if stage.phones is None:
                await in_terminal.scenes(stage, console, desk)
            else:
                await on_phones.scenes(stage, stage.phones, console, desk)


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
