"""A house is killed in the middle of research: the next one goes on with what it has, and doubles nothing."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from adapters.rehearsal.miniature_web import MiniatureWeb
from adapters.rehearsal.model_server import ModelServer, Script, Use, rule
from bot.app import open_desk
from bot.model.gathered import Fetch
from bot.model.log import LedgerRow
from bot.model.posts import PostKind
from tests.programs import ROOT
from tests.researchers import BEST
from tests.test_web_research_house import NOTE, configured, report
from tests.visitors import Visitor

TRUE: Final = "The Alder Mini is the first choice and costs 45 euros. [1]"
RULES: Final = [
    rule(
        "best travel kettle",
        [
            Use("web_search", {"query": "best travel kettles"}),
            Use("web_fetch", {"url": BEST}),
            NOTE,
            Use("web_fetch", {"url": "http://kettles.example/alder-mini"}),
            report(TRUE),
        ],
    )
]


@asynccontextmanager
async def served(root: Path, crash_at: str = "") -> AsyncGenerator[list[int]]:
    """A house of its own process; the list holds how it ended, once it has by itself."""
    command = [sys.executable, "-m", "bot", "--config", str(root / "frontdesk.toml"), "serve"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(root), "OPENAI_API_KEY": "sk-planted"}
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, env=environment | {"CRASH_AT": crash_at}, cwd=ROOT, stdout=nowhere, stderr=nowhere
    )
    try:
        yield [await process.wait()] if crash_at else []
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def rows_of(visitor: Visitor) -> list[Fetch]:
    async with visitor.desk.house.store.reading() as unit:
        return await unit.find(Fetch)


@pytest.mark.parametrize(
    "event",
    [
        8,
        *(pytest.param(n, marks=pytest.mark.full) for n in (2, 4, 6, 10, 12, 14, 16, 18, 20, 22, 23, 24)),
    ],
)
async def test_a_kill_after_any_event_reads_no_page_again_and_doubles_nothing(
    event: int, tmp_path: Path
) -> None:
    """SIGKILL when the event is a row: what is a row by then is not asked for again; one result, one file."""
    async with ModelServer(Script(rules=tuple(RULES))) as server, MiniatureWeb() as web:
        settings = configured(tmp_path, server.openai_url, web.search_url, kind="miniature-web")
        async with open_desk(settings) as desk:
            ann = Visitor(desk)
            await ann.starts("find the best travel kettle")
            async with served(tmp_path, f"after_event:{event}") as ended:
                assert ended == [-signal.SIGKILL]
            known, asked = {page.url for page in await rows_of(ann)}, len(web.asked)
            async with served(tmp_path):
                await ann.is_done()
                await ann.hears(TRUE)
        again = {f"http://{address}" for address in web.asked[asked:]}
        assert not known & again
        assert max(Counter(page.url for page in await rows_of(ann)).values()) == 1
        posts = await ann.posts()
        assert len([row for row in posts if row.kind is PostKind.RESULT]) == 1
        assert len([file for row in posts for file in row.post.files]) == 1
        assert [run.attempt for run in await ann.runs()] == [2]
        async with desk.house.store.reading() as unit:
            assert len(await unit.find(LedgerRow, object="d1/1")) == 1
