"""What ``doctor`` says of a bot: a line for each thing that can be wrong, with what to do next."""

from __future__ import annotations

import asyncio

import pytest
from telegram import Update

from adapters.rehearsal.bot_api import BotApi, Fault, Rules
from bot.cli.doctor.chats import chats
from bot.cli.doctor.checks import Check
from bot.instance import InstanceLock
from bot.settings import load
from tests.bots import bot_on, polling
from tests.commands import Shell
from tests.telegram_shell import api, shell

__all__ = ["api", "shell"]


async def doctor() -> dict[str, Check]:
    """Its checks of Telegram, without the chat's name in front."""
    found = {check.name: check for check in await chats(load())}
    return {name.removeprefix("telegram, "): check for name, check in found.items() if name != "terminal"}


@pytest.fixture
async def named(shell: Shell, api: BotApi, monkeypatch: pytest.MonkeyPatch) -> BotApi:
    """The chat is in the file and its token in the environment; a message waits, so polls return."""
    file = shell.directory / "frontdesk.toml"
    file.write_text(file.read_text() + "[chats.telegram]\n")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", api.token)
    api.person("Ann").writes("hello?")
    return api


async def test_doctor_names_the_bot_and_says_what_telegram_hands_it(named: BotApi) -> None:
    """Token, webhook, privacy, topics, another program: a line each, all well, and nothing is changed."""
    found = await doctor()
    assert list(found) == ["token", "webhook", "privacy mode", "topics", "another program"]
    assert {check.verdict for check in found.values()} == {"pass"}
    assert "@frontdesk_bot" in found["token"].detail
    assert "commands, mentions and replies" in found["privacy mode"].detail
    assert named.commands == {}
    assert named.record.confirmed() == []


async def test_doctor_finds_a_token_that_was_revoked_and_one_that_is_missing(
    named: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both say where the next one goes."""
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "4711000:revoked")
    found = await doctor()
    assert found["token"].verdict == "fail"
    assert "BotFather" in found["token"].remedy
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN")
    assert "frontdesk init telegram" in (await doctor())["telegram"].remedy


async def test_doctor_finds_a_webhook_that_was_left_over(named: BotApi) -> None:
    """A house that polls would be deaf until it takes it away."""
    async with bot_on(named) as bot:
        await bot.set_webhook("http://127.0.0.1:9/old")
    check = (await doctor())["webhook"]
    assert check.verdict == "warn"
    assert "127.0.0.1" in check.detail
    assert "frontdesk serve" in check.remedy


@pytest.mark.parametrize(
    ("set_to", "verdict", "says"),
    [
        ("", "pass", "the house sets it when it starts"),
        ("http://127.0.0.1:9/telegram", "pass", "127.0.0.1, 0 updates wait"),
        ("http://127.0.0.1:9/elsewhere", "warn", "is not webhook_url"),
    ],
)
async def test_doctor_knows_where_telegram_shall_call(
    shell: Shell, named: BotApi, set_to: str, verdict: str, says: str
) -> None:
    """With a webhook in the configuration nobody polls, so nobody is looked for."""
    file = shell.directory / "frontdesk.toml"
    file.write_text(file.read_text() + 'webhook_url = "http://127.0.0.1:9/telegram"\n')
    named.updates.drop()  # nobody listens where it calls
    async with bot_on(named) as bot:
        await bot.set_webhook(set_to)
    found = await doctor()
    assert (found["webhook"].verdict, says in found["webhook"].detail) == (verdict, True), found["webhook"]
    assert "another program" not in found


async def test_doctor_finds_another_program_with_the_same_token(named: BotApi) -> None:
    """Told by Telegram at once, or noticed because a poller that was interrupted comes back."""
    named.faults.next_calls(Fault.CONFLICT, method="getUpdates")
    found = [(await doctor())["another program"]]
    named.updates.drop()
    async with polling(named, nothing):
        await named.polled()
        found.append((await doctor())["another program"])
    assert [check.verdict for check in found] == ["fail", "fail"]
    assert "/revoke" in found[0].remedy


async def nothing(_update: Update) -> None:
    """Of the other program, whose loop goes on whatever happens."""


async def test_nobody_is_interrupted_while_the_house_runs(
    shell: Shell, named: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doctor does not poll then; init does not wait, and says what to do instead."""
    home = load().home
    home.mkdir(parents=True)
    with InstanceLock(home, "frontdesk serve"):
        assert "another program" not in await doctor()
        ended = await asyncio.to_thread(shell, "init", "telegram")
    assert ended.code == 0, ended.err
    assert "A house runs already" in ended.out
    assert "I wait for it" not in ended.out
    assert not named.record.calls("getUpdates")


async def test_doctor_explains_what_is_unusual(
    shell: Shell, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Privacy mode off, topics on, and Telegram out of reach."""
    file = shell.directory / "frontdesk.toml"
    file.write_text(file.read_text() + "[chats.telegram]\n")
    async with BotApi(Rules(privacy=False, topics_in_private=True)) as other:
        other.person("Ann").writes("hello?")
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", other.token)
        monkeypatch.setenv("TELEGRAM_API_URL", other.url)
        found = await doctor()
    assert found["privacy mode"].verdict == "warn"
    assert "/setprivacy" in found["privacy mode"].remedy
    assert found["topics"].detail.startswith("on:")
    monkeypatch.setenv("TELEGRAM_API_URL", "http://127.0.0.1:9")
    assert "cannot be asked" in (await doctor())["telegram"].detail
