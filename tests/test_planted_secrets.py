"""Secrets planted on every way out of a real house: nobody reads them, and nothing keeps them."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import sqlite3
import subprocess
import sys
import tarfile
import zipfile
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
import structlog
import tomlkit

from adapters.rehearsal.scripted_chat import Platform, ScriptedChat
from bot.brief import Brief
from bot.cli.storing import back_up
from bot.errors import ChatError, SecretaryError
from bot.logs import configure_logs
from bot.masking import masked_event, masked_json
from bot.model import events as ev
from bot.model.conversations import Address
from bot.model.decisions import Decision
from bot.model.dispatches import Dispatch, Status
from bot.model.posts import Part
from bot.model.questions import Approval, Ask, QuestionKind
from bot.ports import Unit
from bot.redact import MASK, Redactor
from bot.settings import settings_of
from tests.commands import ROOT
from tests.houses import CHAT, Household, open_household, tables

OWN: Final = {
    "SLACK_BOT_TOKEN": "not-a-known-shape/of+a=token 4711",
    "TELEGRAM_BOT_TOKEN": "7311234567:AAH-planted_planted_planted_planted_1",
    "OPENAI_API_KEY": "provider-key-without-a-shape-0815",
    "ANTHROPIC_API_KEY": "sk-ant-planted-0123456789abcdefghij",
}
"""What the house itself holds; the first and the third are known by their value only."""

FOREIGN: Final = "ghp_plantedplantedplantedplanted0123"
"""Somebody else's, known by its shape."""


def forms(secret: str) -> tuple[str, ...]:
    """As it is, and as it travels."""
    raw = secret.encode()
    return secret, b64encode(raw).decode(), urlsafe_b64encode(b"x:" + raw).decode(), quote(secret, safe="")


PLANTED: Final = [form for secret in (*OWN.values(), FOREIGN) for form in forms(secret)]
NEEDLES: Final = [*PLANTED, *(secret[4:-4] for secret in (*OWN.values(), FOREIGN))]
WORDS: Final = " and ".join(form for form in PLANTED if form not in forms(FOREIGN)[1:])
ONE: Final = OWN["OPENAI_API_KEY"]

PLAY: Final[dict[str, Any]] = {
    "rules": [
        {
            "when": "leak it all",
            "steps": [
                {"plan": [f"read {WORDS}", "write it"]},
                {"use": f"curl https://api.telegram.org/bot{OWN['TELEGRAM_BOT_TOKEN']}/getMe {WORDS}"},
                {"say": f"I found {WORDS}"},
                {"note": f"urgent {WORDS}"},
                {"make": f"{ONE}.txt", "text": WORDS},
                {"deny": "Bash", "what": WORDS, "remedy": f"allow {WORDS}"},
                {"approve": "Bash", "input": {"command": f"echo {WORDS}", ONE: [WORDS]}},
                {"ask": f"May I use {WORDS}?", "options": [f"yes, {ONE}", "no"]},
                {"say": f"Done with {WORDS}, the answer was {{{{answer}}}}"},
            ],
        },
        {"when": "fail loudly", "steps": [{"fail": "auth", "detail": f"HTTP 401 for {WORDS}"}]},
    ]
}


class LeakyChat(ScriptedChat):
    """Its second message fails as httpx does, with the token in the URL."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform)
        self._sent = 0

    async def send(self, where: Address, part: Part, key: str, again: bool) -> str:
        self._sent += 1
        if self._sent == 2:
            raise ChatError(
                f"POST https://x/bot{OWN['TELEGRAM_BOT_TOKEN']}/sendMessage: {WORDS}", retry_after_s=0.05
            )
        return await super().send(where, part, key, again)


async def decide(brief: Brief) -> Decision:
    """A provider whose error message quotes the key, and a bug whose exception does."""
    if "bug" in str(brief):
        raise RuntimeError(f"no route for {WORDS}")
    raise SecretaryError(f"Incorrect API key provided: {WORDS}")


@pytest.fixture
def log() -> Generator[io.StringIO]:
    """Everything that the house and its libraries log, at the level that says most."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = set(root.handlers)
    configure_logs(Redactor(OWN.values()), stream=stream, level=logging.DEBUG)
    yield stream
    for handler in set(root.handlers) - before:
        root.removeHandler(handler)
    root.setLevel(logging.WARNING)
    structlog.reset_defaults()


async def test_planted_secrets_are_found_nowhere(tmp_path: Path, log: io.StringIO) -> None:
    """openclaw/openclaw #12250, NousResearch/hermes-agent #15201. Worker output, checklists, tool inputs,
    file names and contents, questions, approvals, exceptions of the provider, of a bug and of the chat, URLs
    that httpx logs: 0 hits in posts, in the log, in every table, in the database's files, in a backup, in
    a bundle for whoever helps."""
    configuration = tables(tmp_path, chats={CHAT: {}}, questions={"grace_s": 60.0})
    settings = settings_of(configuration, environ=OWN, directory=tmp_path)
    platform = Platform(name=CHAT)
    chats = {CHAT: LeakyChat(platform)}
    async with open_household(
        tmp_path, configuration, play=PLAY, environ=OWN, platform=platform, chats=chats, decide=decide
    ) as house:
        await _leak(house)
        await _httpx_says_its_url()
        assert MASK in " ".join(house.shown())
        assert not hits("\n".join(house.shown()))
        assert not _tables_with_hits(settings.home / "frontdesk.sqlite3")
        raw = b"".join(path.read_bytes() for path in settings.home.glob("frontdesk.sqlite3*"))
        assert not hits(raw.decode(errors="replace"))
        await back_up(settings, tmp_path / "backup.tar.gz")
        assert not hits(_unpacked(tmp_path / "backup.tar.gz"))
        assert not hits(await asyncio.to_thread(_bundled, tmp_path, configuration))
    assert "run.started" in log.getvalue()
    assert not hits(log.getvalue())


async def _leak(house: Household) -> None:
    house.platform.writes("ann", "/run leak it all")
    await house.until_said("asks for approval")
    assert "A secret is hidden here" in "\n".join(house.shown())
    house.platform.presses("ann", "Allow once")
    await house.until_said("May I use")
    ann = house.settings.person_named("ann")
    assert ann is not None
    await house.running.desk.answer(ann, "q2", "1")
    await house.until_rows(_first_is_done)
    house.platform.writes("ann", "/run fail loudly", "second")
    await house.until_said("d2", "second")
    for n, words in enumerate(
        ("what is going on in there, please?", "and is there a bug in that, my friend?")
    ):
        house.platform.writes("ann", words, f"talk{n}")
        await house.until(lambda place=f"talk{n}": bool(house.shown(place)))


async def _first_is_done(unit: Unit) -> bool:
    found = await unit.get(Dispatch, "d1")
    return found is not None and found.status is Status.DONE


async def _httpx_says_its_url() -> None:
    """To a port where nobody listens; httpx logs whole URLs."""
    async with httpx.AsyncClient(timeout=1) as client:
        with pytest.raises(httpx.HTTPError) as failed:
            await client.get(f"http://127.0.0.1:9/bot{OWN['TELEGRAM_BOT_TOKEN']}/getMe?key={quote(ONE)}")
    try:
        raise RuntimeError(f"{WORDS} in {failed.value.request.url}")
    except RuntimeError:
        structlog.get_logger("test").exception("call.failed", url=str(failed.value.request.url))


def hits(text: str) -> list[str]:
    return [needle for needle in NEEDLES if needle in text]


def _tables_with_hits(database: Path) -> dict[str, set[str]]:
    """Ours and the engine's, with the columns that hold a secret."""
    found: dict[str, set[str]] = {}
    with closing(sqlite3.connect(database)) as rows:
        rows.row_factory = sqlite3.Row
        for (table,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in rows.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  names of its own
                if columns := {name for name in row.keys() if hits(_text(row[name]))}:  # noqa: SIM118
                    found.setdefault(table, set()).update(columns)
    return found


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _bundled(directory: Path, configuration: dict[str, Any]) -> str:
    """What ``doctor --bundle --with-texts`` writes of that house, with its secrets in the environment."""
    file, written = directory / "frontdesk.toml", directory / "bundle.zip"
    file.write_text(tomlkit.dumps(configuration))
    command = ("--config", str(file), "doctor", "--bundle", "--with-texts", str(written))
    ended = subprocess.run(
        [sys.executable, "-m", "bot", *command],
        cwd=directory,
        env={**os.environ, **OWN, "PYTHONPATH": str(ROOT), "OLLAMA_HOST": "127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    with zipfile.ZipFile(written) as packed:
        contents = {name: packed.read(name).decode(errors="replace") for name in packed.namelist()}
    assert any(name.endswith("messages.json") for name in contents), ended.stderr
    return "\n".join([*contents.values(), ended.stdout, ended.stderr])


def _unpacked(archive: Path) -> str:
    with tarfile.open(archive) as packed:
        contents = [packed.extractfile(member) for member in packed if member.isreg()]
        return b"".join(content.read() for content in contents if content).decode(errors="replace")


def test_an_approval_is_shown_masked_and_bound_whole() -> None:
    """What is kept has no secret in it, and is still JSON; the hash is that of the call."""
    redact = Redactor([ONE]).redact
    call = f'{{"command":"echo {ONE}","x":["{ONE}",1,null]}}'
    asked = ev.Asked(
        "r", QuestionKind.APPROVAL, (Ask("hash", ONE),), Approval("Bash", call, "/w", "", "hash")
    )
    masked = masked_event(asked, redact)
    assert isinstance(masked, ev.Asked)
    assert masked.approval == Approval("Bash", call.replace(ONE, MASK), "/w", "", "hash")
    assert masked.asks == (Ask("hash", MASK),)


def test_masking_keeps_json_whole() -> None:
    """A shape that seems to reach from one string into the next does not."""
    redact = Redactor().redact
    text = '{"a":"http://x","b":"c:d@e"}'
    assert masked_json(text, redact) == text
    assert masked_json(f'{{"a":"{FOREIGN}"}}', redact) == f'{{"a":"{MASK}"}}'
    assert masked_json(f"no json {FOREIGN}", redact) == f"no json {MASK}"
