"""The beginning of the demo on a chat: a house of its own process, and what somebody sees on the screen."""

from __future__ import annotations

import io
from importlib.resources import files
from pathlib import Path

from rich.console import Console

from adapters.rehearsal.miniature_web import MiniatureWeb
from adapters.rehearsal.model_server import ModelServer, load_script
from adapters.rehearsal.phones import Phones
from bot.cli.demo.on_phones import Play, shows
from bot.cli.demo.stage import Stage


async def first_answer(directory: Path, phones: Phones) -> tuple[str, str]:
    """The configuration that was written, and what was printed."""
    script, out = load_script(Path(str(files("bot.cli.demo").joinpath("model.toml")))), io.StringIO()
    async with ModelServer(script) as server, MiniatureWeb() as web:
        stage = Stage(directory, phones)
        text = stage.build(
            url=server.url, openai_url=server.openai_url, search_url=web.search_url, sandbox="none", why=""
        )
        try:
            await stage.open()
            play = Play(stage, phones, Console(file=out, width=200))
            async with play.scene():
                await play.says("ann", "What can you do here?", until=shows("I answer myself."))
        finally:
            stage.close()
    return text, out.getvalue()
