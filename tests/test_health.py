"""The health of a house is the truth: each part that is killed or locked shows, and so does its recovery."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from adapters.doors.loopback import Page, open_door
from adapters.rehearsal.scripted_chat import Platform, ScriptedChat
from adapters.rehearsal.scripted_chat.faults import Fault
from bot.errors import SettingsError
from bot.house import House
from bot.metrics import COUNTERS, Meter
from bot.model.health import Health
from bot.model.work_items import Kind
from bot.ports import Receive
from bot.vitals import STALE, last_word
from tests.houses import CHAT, Household, open_household, tables, wrote

FLIPS_WITHIN = timedelta(seconds=30)


@dataclass
class Hands:
    """A clock that runs with the real one and can be put forward."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@asynccontextmanager
async def watched(directory: Path, **options: Any) -> AsyncGenerator[tuple[Household, Hands]]:
    hands = Hands()

    def adjusted(house: House) -> House:
        return replace(house, now=hands.now)

    configuration = tables(directory, chats={CHAT: {}}, **options.pop("tables", {}))
    async with open_household(directory, configuration, adjust=adjusted, **options) as house:
        yield house, hands


def bad(health: Health) -> set[str]:
    return {part.name for part in health.parts if not part.ok}


async def until(house: Household, *, lost: set[str]) -> Health:
    """Look until exactly these parts are bad."""
    async with asyncio.timeout(60):
        while True:
            health = await house.running.vitals.look()
            if bad(health) == lost:
                return health
            await asyncio.sleep(0.1)


async def test_a_healthy_house_says_so_with_ages(tmp_path: Path) -> None:
    """Database, clock, each queue, each chat, and what waits; `status` in another process sees the same."""
    async with watched(tmp_path) as (house, hands):
        health = await until(house, lost=set())
        assert {part.name for part in health.parts} == {
            *("database", "clock", "schedules", f"chat.{CHAT}", "turns", "posts"),
            *(f"queue.{kind}" for kind in Kind),
        }
        assert health.alive
        assert health.ready
        said = last_word(house.settings.home, hands.now())
        assert said is not None
        assert said.parts == health.parts


async def test_a_locked_database_shows_and_its_release_too(tmp_path: Path) -> None:
    """Another program holds the write lock: within 30 s not ready; a look after its end and ready again."""
    async with watched(tmp_path, busy_timeout_s=0.2) as (house, hands):
        await until(house, lost=set())
        with closing(sqlite3.connect(house.settings.home / "frontdesk.sqlite3")) as usurper:
            usurper.execute("BEGIN IMMEDIATE")
            health = await house.running.vitals.look()
            assert "database" in bad(health)
            assert not health.ready
            assert "locked" in next(part.detail for part in health.parts if part.name == "database")
            usurper.rollback()
        assert hands.ahead < FLIPS_WITHIN
        await until(house, lost=set())


async def test_a_clock_or_queue_that_stands_still_shows(tmp_path: Path) -> None:
    """Time passes and nobody looks: every loop is lost after 20 s, a restart would help; one look brings back
    each."""
    async with watched(tmp_path) as (house, hands):
        await until(house, lost=set())
        hands.ahead += STALE
        health = house.running.vitals.health()
        assert {"clock", "queue.turn", "queue.run", "queue.post"} <= bad(health)
        assert not health.alive
        assert STALE <= FLIPS_WITHIN
        house.running.clock.ring()
        house.running.engine.wake(Kind)
        await until(house, lost=set())


class MortalChat(ScriptedChat):
    """Can be made to stop listening as an adapter with a bug would."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform)
        self.dies = asyncio.Event()

    async def listen(self, receive: Receive) -> None:
        listening = asyncio.ensure_future(super().listen(receive))
        await self.dies.wait()
        listening.cancel()
        await asyncio.wait([listening])
        raise RuntimeError("the socket is gone")


async def test_a_chat_that_went_deaf_shows(tmp_path: Path) -> None:
    """NousResearch/hermes-agent #14326, #106849; openclaw/openclaw #102439: a chat whose listening ended is
    not ready, with its reason, although its sends still work."""
    platform = Platform(name=CHAT)
    chat = MortalChat(platform)
    async with watched(tmp_path, platform=platform, chats={CHAT: chat}) as (house, _):
        await until(house, lost=set())
        chat.dies.set()
        health = await until(house, lost={f"chat.{CHAT}"})
        detail = next(part.detail for part in health.parts if part.name == f"chat.{CHAT}")
        assert detail == "it stopped listening (RuntimeError: the socket is gone)"
        assert health.alive
        assert not health.ready


async def test_a_platform_that_is_down_shows_and_its_return_too(tmp_path: Path) -> None:
    """block/buzz #5196, littlebearapps/untether #349: a failure of the other side is not silent; posts that
    wait for it are late after five minutes; when it is back, all is well."""
    async with watched(tmp_path) as (house, hands):
        await until(house, lost=set())
        house.platform.faults.mix = {Fault.LOSE: 1.0}
        house.platform.writes("ann", "hello")
        await until(house, lost={f"chat.{CHAT}"})
        hands.ahead += timedelta(minutes=6)
        house.running.clock.ring()
        assert "posts" in bad(await house.running.vitals.look())
        house.platform.faults.mix = {}
        house.running.clock.ring()
        await house.until_said("Hello!")
        await until(house, lost=set())


async def test_a_house_that_hangs_is_told_by_its_silence(tmp_path: Path) -> None:
    """Its last word is old: whoever asks is told that, not what it said then."""
    async with watched(tmp_path) as (house, hands):
        await until(house, lost=set())
        hung = last_word(house.settings.home, hands.now() + timedelta(seconds=25))
        assert hung is not None
        assert not hung.alive
        assert hung.parts[0].name == "house"


# ── the pages ──────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def pages() -> AsyncGenerator[int]:
    async def well() -> Page:
        return Page(b"{}")

    async def ill() -> Page:
        return Page(b"{}", 503)

    async with open_door(0, {"/healthz": well, "/readyz": ill}) as port:
        yield port


async def asked(port: int, raw: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    answer = await reader.read()
    writer.close()
    return answer


async def test_pages_answer_by_http() -> None:
    """200 and 503 as the page says, 404 for others; nothing is kept by whoever is in between."""
    async with pages() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        found = await client.get("/healthz?verbose")
        assert (found.status_code, found.headers["cache-control"]) == (200, "no-store")
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/")).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_pages_only_show(method: str) -> None:
    """vulhub PR #761, openclaw/openclaw #16052: there is no control plane, so only GET is understood."""
    async with pages() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.request(method, "/healthz")).status_code == 405


@pytest.mark.parametrize(
    "host", ["", "Host: evil.example\r\n", "Host: 127.0.0.1\r\n", "Host: a\r\nHost: 127.0.0.1:{port}\r\n"]
)
async def test_pages_answer_to_their_own_name_only(host: str) -> None:
    """A web page that rebinds its name to 127.0.0.1 sends that name, and reads nothing."""
    async with pages() as port:
        head = f"GET /healthz HTTP/1.1\r\n{host.format(port=port)}\r\n"
        status = (await asked(port, head.encode())).split(b" ")[1]
        assert status in {b"400", b"421"}


async def test_a_request_that_is_none_is_refused() -> None:
    """Neither nonsense nor a head without end costs more than its buffer."""
    async with pages() as port:
        assert b" 400 " in await asked(port, b"\x16\x03\x01 hello\r\n\r\n")
        assert b" 431 " in await asked(port, b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000)


async def test_a_port_that_is_taken_is_said() -> None:
    """With the key that names it."""
    async with pages() as port:
        with pytest.raises(SettingsError, match=r"health\.port"):
            async with open_door(port, {}):
                pass


# ── metrics ────────────────────────────────────────────────────────────────────────────────────────────────


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


async def test_pages_of_a_house_tell_what_it_counts(tmp_path: Path) -> None:
    """After a message, a dispatch with a question and its answer: the page is read by Prometheus' own
    parser, every family has its help and type, and the figures are those of what happened."""
    port = free_port()
    options = {"tables": {"health": {"port": port}, "questions": {"grace_s": 60.0}}}
    async with (
        watched(tmp_path, **options) as (house, _),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        await house.running.desk.receive(wrote("hello"))
        house.platform.writes("ann", "/run pick a colour")
        await house.until_said("Which colour?")
        house.platform.presses("ann", "blue")
        await house.until_said("It chose blue.")
        await house.until(lambda: house.running.desk.house.meter.value("runs_total", end="done") == 1)
        await until(house, lost=set())
        assert json.loads((await client.get("/readyz")).content)["ready"] is True
        said = (await client.get("/metrics")).text
    counted = {(each.name, *each.labels.values()): each.value for f in families(said) for each in f.samples}
    assert counted["frontdesk_runs_total", "done"] == 1
    assert counted["frontdesk_messages_total", "accepted"] == 3
    assert counted["frontdesk_questions_answered_day",] == 1
    assert counted["frontdesk_questions_open",] == 0
    assert counted["frontdesk_part_ok", "database"] == 1
    kinds = {family.name: family.type for family in families(said)}
    for name in COUNTERS:
        assert kinds[f"frontdesk_{name.removesuffix('_total')}"] == "counter"
    assert all(family.documentation for family in families(said))


def families(text: str) -> list[Metric]:
    """As Prometheus reads them."""
    return list(text_string_to_metric_families(text))


def test_a_counter_has_to_be_described() -> None:
    """A name that nobody documented is refused where it is counted."""
    with pytest.raises(KeyError, match="not described"):
        Meter().count("surprises_total")


def test_every_counter_is_documented() -> None:
    """Names and units stand in docs/operations.md."""
    page = (Path(__file__).parent.parent / "docs/operations.md").read_text()
    assert not [name for name in COUNTERS if f"frontdesk_{name}" not in page]
