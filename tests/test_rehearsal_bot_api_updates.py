"""How updates of the rehearsed Bot API arrive: once, twice, out of order, by poll and by webhook."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from pathlib import Path

import pytest
from telegram import Bot, Update
from telegram.error import BadRequest, Conflict, EndPointNotFound, NetworkError
from telegram.ext import Application, ContextTypes, TypeHandler

from adapters.rehearsal.bot_api import BotApi, Fault, Impossible, Rules, read
from tests.bots import bot_on, polling

ANN = 4711


def texts(updates: tuple[Update, ...]) -> list[str]:
    return [update.effective_message.text or "" for update in updates if update.effective_message]


async def test_a_poll_that_drops_loses_nothing() -> None:
    """anthropics/claude-plugins-official#906: what was not confirmed comes again."""
    async with BotApi() as api, bot_on(api) as bot:
        api.person("Ann", ANN).writes("fix it")
        for fault in (Fault.APPLY_THEN_DROP, Fault.LOSE):
            api.faults.next_calls(fault, method="getUpdates")
            with pytest.raises(NetworkError):
                await bot.get_updates()
        assert texts(await bot.get_updates()) == ["fix it"]
        assert api.record.confirmed() == []


async def test_what_went_to_a_dead_poller_comes_again() -> None:
    """A house that was killed while it waited: nobody read the answer, so nothing is confirmed."""
    async with BotApi(Rules(conflict_hold_s=0.01)) as api, bot_on(api) as bot:
        async with bot_on(api) as killed:
            waiting = asyncio.create_task(killed.get_updates(timeout=30))
            await api.polled()
            waiting.cancel()
        api.person("Ann", ANN).writes("fix it")
        assert texts(await bot.get_updates(timeout=30)) == ["fix it"]
        await api.record.until(lambda: len([e for e in api.record if e["kind"] == "delivered"]) == 2)
        assert api.record.confirmed() == []


async def test_updates_may_come_twice_and_in_the_wrong_order() -> None:
    """openclaw/openclaw#87440: a bot that does not look at the id does its work again."""
    async with BotApi() as api, bot_on(api) as bot:
        ann = api.person("Ann", ANN)
        ann.writes("one")
        [first] = await bot.get_updates()
        assert await bot.get_updates(offset=first.update_id + 1) == ()
        api.updates.repeat(first.update_id)
        [again] = await bot.get_updates(offset=first.update_id + 1)
        assert again.update_id == first.update_id
        ann.writes("two")
        ann.writes("three")
        api.updates.reorder_next()
        assert texts(await bot.get_updates(offset=first.update_id)) == ["three", "two"]


async def test_a_poll_waits_for_what_is_written() -> None:
    """And a real poller confirms it."""
    heard: list[str] = []

    async def hear(update: Update) -> None:
        heard.extend(texts((update,)))

    async with BotApi() as api, polling(api, hear):
        await api.polled()
        ann = api.person("Ann", ANN)
        for number in range(20):
            ann.writes(str(number))
        await api.record.until(lambda: len(api.record.confirmed()) == 20)
    assert heard == [str(number) for number in range(20)]


async def test_a_webhook_is_posted_to_until_it_answers() -> None:
    """With its secret, in order; a poll meanwhile is a conflict."""
    heard: list[str] = []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    async def hear(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        heard.extend(texts((update,)))

    async with BotApi(Rules(conflict_hold_s=0.01, webhook_retry_s=0.05)) as api:
        application = Application.builder().token(api.token).base_url(f"{api.url}/bot").build()
        application.add_handler(TypeHandler(Update, hear))
        async with application:
            ann = api.person("Ann", ANN)
            await application.bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token="s3")
            ann.writes("nobody listens yet")
            await api.record.until(lambda: any(entry["kind"] == "webhook failed" for entry in api.record))
            assert "Connection failed" in (
                (await application.bot.get_webhook_info()).last_error_message or ""
            )
            with pytest.raises(Conflict, match="webhook is active"):
                await application.bot.get_updates()
            assert application.updater is not None
            await application.start()
            await application.updater.start_webhook(
                "127.0.0.1", port, "hook", webhook_url=f"http://127.0.0.1:{port}/hook", secret_token="s3"
            )
            ann.writes("now")
            await api.record.until(lambda: len(api.record.confirmed()) == 2)
            await application.updater.stop()
            await application.stop()
            await application.bot.delete_webhook()
            assert await application.bot.get_updates() == ()
    assert heard == ["nobody listens yet", "now"]


@pytest.mark.parametrize(
    ("url", "secret", "words"),
    [
        ("https://example.org/hook", "s", "this machine only"),
        ("gopher://127.0.0.1", "s", "Invalid webhook url"),
        ("http://127.0.0.1/hook", "x" * 257, "Secret token is too long"),
        ("http://127.0.0.1/hook", "with space", "unallowed characters"),
    ],
)
async def test_a_webhook_must_be_one_that_can_be_posted_to(url: str, secret: str, words: str) -> None:
    """256 characters of secret, and never out of this machine."""
    async with BotApi() as api, bot_on(api) as bot:
        await bot.set_webhook("http://127.0.0.1/hook", secret_token="x" * 256)
        await bot.delete_webhook()
        with pytest.raises(BadRequest, match=words):
            await bot.set_webhook(url, secret_token=secret)


async def test_an_update_waits_for_a_day() -> None:
    """A bot that was away for longer never hears of it."""
    now = [1_000.0]
    async with BotApi(clock=lambda: now[0]) as api, bot_on(api) as bot:
        ann = api.person("Ann", ANN)
        ann.writes("one")
        now[0] += 80_000
        ann.writes("two")
        assert texts(await bot.get_updates()) == ["one", "two"]
        now[0] += 10_000
        assert texts(await bot.get_updates()) == ["two"]


async def test_a_person_can_stop_what_grows_before_her_eyes() -> None:
    """A draft shows a stop button for as long as it is on the screen, thirty seconds."""
    now = [1_000.0]
    async with BotApi(clock=lambda: now[0]) as api, bot_on(api) as bot:
        ann = api.person("Ann", ANN)
        ann.starts()
        await bot.send_message_draft(ANN, 7, "The answer is", api_kwargs={"can_stop": True})
        draft = ann.sees_draft()
        assert draft is not None
        assert draft.text == "The answer is"
        ann.stops()
        stopped = (await bot.get_updates())[-1].api_kwargs["stopped_message_generation"]
        assert (stopped["chat"]["id"], stopped["draft_id"]) == (ANN, 7)
        await bot.send_message_draft(ANN, 8, "Again", api_kwargs={"can_stop": True})
        now[0] += 30
        with pytest.raises(Impossible):
            ann.stops()
        await bot.send_message_draft(ANN, 8, "Again")
        await bot.send_message(ANN, "Again.")
        assert ann.sees_draft() is None


async def test_rich_messages_can_be_unknown() -> None:
    """An older server answers 404 to the method, and does not read the argument of an edit."""
    rich = {"markdown": "# Done"}
    for knows in (True, False):
        async with BotApi(Rules(rich=knows)) as api, bot_on(api) as bot:
            ann = api.person("Ann", ANN)
            ann.starts()
            sent = await bot.send_message(ANN, "working")
            change = bot.do_api_request(
                "sendRichMessage", {"chat_id": ANN, "rich_message": rich}, return_type=None
            )
            if knows:
                await change
                assert ann.sees()[-1].text == "# Done"
                continue
            with pytest.raises(EndPointNotFound):
                await change
            assert ann.sees()[-1].id == sent.message_id


async def test_edits_files_reactions_and_deleted_buttons_arrive() -> None:
    """Everything else a person can do with a message."""
    async with BotApi() as api, bot_on(api) as bot:
        ann = api.person("Ann", ANN)
        hers = ann.writes("hello")
        ann.edits(hers.id, "hello /there")
        ann.sends("voice", b"ogg", caption="listen")
        ann.sends("photo", b"png")
        await bot.set_message_reaction(ANN, hers.id, "👀")
        assert ann.sees()[0].reactions == ("👀",)
        with pytest.raises(BadRequest, match=r"(?i)reaction_invalid"):
            await bot.set_message_reaction(ANN, hers.id, "🦖")
        _, edited, voice, photo = await bot.get_updates()
        assert edited.edited_message is not None
        assert edited.edited_message.text == "hello /there"
        assert voice.message is not None
        assert voice.message.voice is not None
        assert voice.message.caption == "listen"
        assert photo.message is not None
        assert photo.message.photo


async def test_a_button_may_be_pressed_after_its_message_is_gone() -> None:
    """The phone was slow; what the press belongs to is no longer accessible."""
    async with BotApi() as api, bot_on(api) as bot:
        ann = api.person("Ann", ANN)
        ann.starts()
        keys = {"inline_keyboard": [[{"text": "Yes", "callback_data": "q7"}]]}
        sent = await bot.send_message(ANN, "?", reply_markup=keys)  # type: ignore[arg-type]
        seen = ann.sees()[-1]
        await bot.delete_message(ANN, sent.message_id)
        ann.presses_late(seen, "Yes")
        query = (await bot.get_updates())[-1].callback_query
        assert query is not None
        assert (query.data, query.message is not None and query.message.is_accessible) == ("q7", False)


async def test_the_record_outlives_who_wrote_it(tmp_path: Path) -> None:
    """In a file, line by line, for whoever looks at it after a kill."""
    path = tmp_path / "telegram.jsonl"
    async with BotApi(record=path) as api, bot_on(api) as bot:
        ann = api.person("Ann", ANN)
        ann.writes("hello")
        [update] = await bot.get_updates()
        await bot.send_message(ANN, "hi")
        await bot.get_updates(offset=update.update_id + 1)
    entries = read(path)
    assert [entry["kind"] for entry in entries] == ["update", "delivered", "call", "confirmed"]
    assert entries[2]["arguments"] == {"chat_id": "4711", "text": "hi"}
    assert api.token not in path.read_text()


async def test_a_secret_of_the_bot_is_not_in_the_record() -> None:
    """Neither its token nor its webhook's."""
    async with BotApi() as api, bot_on(api) as bot:
        await bot.set_webhook("http://127.0.0.1/hook", secret_token="s3cret")
        assert "s3cret" not in str(list(api.record))
        assert api.record.calls("setWebhook")[0]["arguments"]["url"] == "http://127.0.0.1/hook"


async def test_the_command_lets_one_talk_to_a_bot() -> None:
    """Words and presses are typed, what the bot shows is printed, the end of input ends it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapters.rehearsal.bot_api", "--name", "Ann"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        token, url, _ = [(await process.stdout.readline()).decode().strip() for _ in range(3)]
        base = url.partition("=")[2]
        async with Bot(token.partition("=")[2], base_url=f"{base}/bot") as bot:
            process.stdin.write(b"hello\n")
            [update] = await bot.get_updates(timeout=30)
            assert update.message is not None
            keys = {"inline_keyboard": [[{"text": "Yes", "callback_data": "q7"}]]}
            await bot.send_message(update.message.chat.id, "Sure?", reply_markup=keys)  # type: ignore[arg-type]
            assert await process.stdout.readline() == b"bot to Ann: Sure?\n"
            assert await process.stdout.readline() == b"    [Yes]\n"
            process.stdin.write(b"[Yes]\n")
            [press] = await bot.get_updates(offset=update.update_id + 1, timeout=30)
            assert press.callback_query is not None
        process.stdin.write_eof()
        assert await process.wait() == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
