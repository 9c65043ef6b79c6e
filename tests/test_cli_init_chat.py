"""``init telegram``: three steps from BotFather to a known phone."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import stat
import sys
from contextlib import suppress
from importlib.metadata import EntryPoint

import pytest

from adapters.chats.telegram.commands import MENUS
from adapters.rehearsal.bot_api import BotApi
from bot.commands import Verb, parse
from bot.errors import SettingsError
from bot.plugins import loaded
from bot.settings import load
from tests.commands import ROOT, Shell
from tests.telegram_shell import api, code_in, shell, typed

__all__ = ["api", "shell"]

# ── init ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_pasted_token_ends_in_a_private_file_and_the_chat_in_the_configuration(
    shell: Shell, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written stays, the table is commented; the token is shown and written nowhere else
    (openclaw/openclaw #12250)."""
    before = (shell.directory / "frontdesk.toml").read_text()
    ended = await typed(shell, monkeypatch, api.token)
    assert ended.code == 0, ended.err
    text = (shell.directory / "frontdesk.toml").read_text()
    assert text.startswith(before.rstrip())
    assert "\n[chats.telegram]\n# Private chats" in text
    assert api.token not in text + ended.out + ended.err
    settings = load()
    (kept,) = settings.chats["telegram"].secret_files.values()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert settings.secrets.require("TELEGRAM_BOT_TOKEN") == api.token
    assert kept in settings.hidden_paths(), "no run may read it"
    assert "write /newbot" in ended.err
    assert "this is @frontdesk_bot" in ended.err
    assert code_in(ended.out)


async def test_a_token_of_the_environment_stays_there(
    shell: Shell, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--yes asks nothing, and a second time changes nothing; without a token it says where to put it."""
    ended = await asyncio.to_thread(shell, "init", "telegram", "--yes")
    assert ended.code == 3
    assert "TELEGRAM_BOT_TOKEN is not set" in ended.err
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", api.token)
    first = await asyncio.to_thread(shell, "init", "telegram", "--yes")
    text = (shell.directory / "frontdesk.toml").read_text()
    second = await asyncio.to_thread(shell, "init", "telegram", "--yes")
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert "secret_files" not in text
    assert (shell.directory / "frontdesk.toml").read_text() == text
    assert "names the chat already" in second.out


async def test_a_table_that_is_there_keeps_everything_that_stands_in_it(
    shell: Shell, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its comments, its project and its groups."""
    file = shell.directory / "frontdesk.toml"
    mine = '[chats.telegram] # the team\'s\nproject = "api"  # usual\n'
    file.write_text(file.read_text() + mine + '\n[chats.telegram.channels."-100123"]\nproject = "api"\n')
    ended = await typed(shell, monkeypatch, api.token)
    assert ended.code == 0, ended.err
    assert mine in file.read_text()
    table = load().chats["telegram"]
    assert list(table.secret_files) == ["TELEGRAM_BOT_TOKEN"]
    assert list(table.channels) == ["-100123"]


@pytest.mark.parametrize(
    "written",
    [
        '[chats.telegram.channels."-100123"]\nproject = "api"\n',
        "[chats]\ntelegram = {}\n",
        "[chats.telegram]\nsecret_files = {}\n",
    ],
)
async def test_the_table_may_be_written_in_any_way(
    shell: Shell, api: BotApi, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """Without a head of its own, in one line, with an empty list of files: the token finds its place."""
    file = shell.directory / "frontdesk.toml"
    file.write_text(file.read_text() + written)
    ended = await typed(shell, monkeypatch, api.token)
    assert ended.code == 0, ended.err
    assert load().secrets.require("TELEGRAM_BOT_TOKEN") == api.token


async def test_the_token_of_another_house_is_not_overwritten(
    shell: Shell, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second house gets a file of its own; a new token of the same one takes the place of the old."""
    await typed(shell, monkeypatch, api.token)
    (first,) = load().chats["telegram"].secret_files.values()
    first.write_text("4711:another-house\n")
    other = Shell(shell.directory / "other", shell.capsys)
    other.directory.mkdir()
    config = other.write((shell.directory / "frontdesk.toml").read_text().partition("[chats")[0])
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{api.token}\n"))
    ended = await asyncio.to_thread(shell, "--config", str(config), "init", "telegram", "--no-wait")
    assert ended.code == 0, ended.err
    assert first.read_text() == "4711:another-house\n"
    assert load(str(config)).secrets.require("TELEGRAM_BOT_TOKEN") == api.token


@pytest.mark.parametrize("token", ["4711:wrong", "no token at all", "x/../y"])
async def test_a_token_that_telegram_does_not_know_changes_nothing(
    shell: Shell, api: BotApi, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    """One sentence, without the token."""
    file = shell.directory / "frontdesk.toml"
    before = file.read_text()
    ended = await typed(shell, monkeypatch, token)
    assert ended.code == 1
    assert "Telegram does not know this token" in ended.err
    assert token not in ended.err
    assert file.read_text() == before
    assert not (shell.directory.parent / "config").exists()


async def test_without_a_configuration_it_writes_one_first(
    shell: Shell, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command from nothing to a chat; with --print there is nothing to add it to."""
    (shell.directory / "frontdesk.toml").unlink()
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", api.token)
    assert (await asyncio.to_thread(shell, "init", "telegram", "--print")).code == 3
    piped = await typed(shell, monkeypatch, api.token)
    assert (piped.code, "--yes here" in piped.err) == (3, True), "a piped token is nobody's name"
    ended = await asyncio.to_thread(shell, "init", "telegram", "--yes", "--project", str(shell.directory))
    assert ended.code == 0, ended.err
    settings = load()
    assert list(settings.chats) == ["telegram"]
    assert settings.local_person()
    ended = await asyncio.to_thread(shell, "init", "telegram", "--yes", "--force")
    assert (ended.code, "the old one is kept" in ended.err) == (3, True)


def test_a_library_that_is_missing_is_named() -> None:
    """With the extra that brings it, instead of a traceback."""
    point = EntryPoint("telegram", "a_library_nobody_has:SETUP", "frontdesk.setup")
    with pytest.raises(SettingsError, match=r"needs a_library_nobody_has.*frontdesk\[telegram\]"):
        loaded(point)


async def test_print_changes_nothing_anywhere(
    shell: Shell, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file as it would be on stdout; no token file, no menu, no invitation."""
    before = (shell.directory / "frontdesk.toml").read_text()
    ended = await typed(shell, monkeypatch, api.token, "--print")
    assert ended.code == 0
    assert "[chats.telegram]" in ended.out
    assert (shell.directory / "frontdesk.toml").read_text() == before
    assert api.commands == {}


async def test_an_unknown_chat_and_a_person_without_the_right_are_answered(
    shell: Shell, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence that says what there is, and who could."""
    ended = await asyncio.to_thread(shell, "init", "carrier-pigeon", "--yes")
    assert (ended.code, "there is" in ended.err) == (3, True)
    ended = await typed(shell, monkeypatch, api.token, "--as", "vic")
    assert (ended.code, "only an admin" in ended.err) == (3, True)


@pytest.mark.timeout(90)
async def test_the_phone_that_brings_the_code_is_linked_while_init_waits(shell: Shell, api: BotApi) -> None:
    """A process of its own prints the link, hears /start, welcomes, and ends; the account is the admin's."""
    ann = api.person("Ann", 4711)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "init", "telegram"),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{api.token}\n".encode())
    process.stdin.close()
    shown = ""
    try:
        while "Linked." not in shown and (line := await process.stdout.readline()):
            shown += line.decode()
            if "start=" in line.decode():
                ann.starts(code_in(shown))
        assert await process.wait() == 0, shown
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    assert [seen.text for seen in ann.sees() if seen.by_bot][-1].startswith("An admin let you in")
    assert "telegram:4711" in (await asyncio.to_thread(shell, "people", "list")).out
    assert set(api.commands) == {"all_private_chats:", "all_group_chats:", "all_chat_administrators:"}


@pytest.mark.timeout(90)
async def test_a_token_that_is_typed_at_a_keyboard_is_not_echoed(shell: Shell, api: BotApi) -> None:
    """At a terminal a wrong one is asked for again, and neither is ever on the screen."""
    master, slave = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "init", "telegram", "--no-wait"),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    loop, shown, tokens = asyncio.get_running_loop(), "", ["4711:of-nobody", api.token]
    try:
        while chunk := await loop.run_in_executor(None, _read, master):
            shown += chunk
            if "not shown:" in chunk and tokens:
                os.write(master, f"{tokens.pop(0)}\n".encode())
        assert await process.wait() == 0, shown
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        os.close(master)
    assert "Telegram does not know this token" in shown
    assert "of-nobody" not in shown
    assert api.token not in shown


def _read(descriptor: int) -> str:
    try:
        return os.read(descriptor, 65536).decode(errors="replace")
    except OSError:  # the other end is closed
        return ""


# ── the menu of commands ────────────────────────────────────────────────────────────────────────────────────


def test_every_command_of_the_menus_is_one_of_the_house() -> None:
    """And people are not offered what only an admin's fingers should find."""
    offered = {command for _, menu in MENUS for command in menu}
    for command in offered:
        found = parse(f"/{command} d7" if command in ("cancel", "move", "compact") else f"/{command}")
        assert found is not None, command
        assert found.verb == Verb(command)
    assert {Verb(command) for command in offered} == set(Verb) - {
        *(Verb.RETRY, Verb.TELL, Verb.ANSWER, Verb.RUN, Verb.PAIR, Verb.SCHEDULE)
    }
