"""What people on Telegram meet: presses answered, topics kept, limits and refusals outlived, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from adapters.chats.telegram.chat import TelegramChat
from adapters.chats.telegram.polling import STRANGER
from adapters.chats.telegram.receiving import WAIT
from adapters.chats.telegram.webhook import SECRET_HEADER
from adapters.rehearsal.bot_api import BotApi, Fault, Rules
from bot.errors import ChatError, StoreError
from bot.model.conversations import FileRef, Form, Inbound, Outcome, Pressed, Receipt, Submitted, Wrote
from bot.model.posts import ButtonView, FileView, Post
from tests.bots import bot_on
from tests.desks import ACCEPTED, Desk, listening
from tests.telegram_chats import inside, private, settings_for


@asynccontextmanager
async def platform(**rules: Any) -> AsyncGenerator[BotApi]:
    async with BotApi(Rules(webhook_retry_s=0.01, conflict_hold_s=0.0, pace=None, **rules)) as api:
        yield api


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not reached():  # noqa: ASYNC110  the platform and the desk tell nobody
            await asyncio.sleep(0.01)


async def test_a_wrong_presser_gets_an_alert_and_the_keyboard_stays() -> None:
    """Complaint row 7: the sentence of the refusal, for that person alone."""
    async with platform() as api:
        ann = api.person("Ann")
        ann.starts()
        api.updates.drop()
        chat = TelegramChat(settings_for(api))
        (part,) = chat.parts(Post("Which?", buttons=(ButtonView("t1", "Allow once"),)))
        await chat.send(private(ann), part, "k", again=False)
        desk = Desk(Receipt(Outcome.REFUSED, "Only bob can press that."))
        async with listening(chat, desk.receive):
            press = ann.presses("Allow once")
            await until(lambda: press.text is not None)
        assert (press.text, press.alert) == ("Only bob can press that.", True)
        assert ann.sees()[-1].buttons == (("Allow once",),)
        (pressed,) = desk.got
        assert isinstance(pressed, Pressed)
        assert pressed.token == "t1"


async def test_after_a_press_the_keyboard_is_gone() -> None:
    """Complaint row 9: no zombies."""
    async with platform() as api:
        ann = api.person("Ann")
        ann.starts()
        api.updates.drop()
        chat = TelegramChat(settings_for(api))
        (part,) = chat.parts(Post("Which?", buttons=(ButtonView("t1", "Left"), ButtonView("t2", "Right"))))
        await chat.send(private(ann), part, "k", again=False)
        async with listening(chat, Desk(Receipt(Outcome.ACCEPTED, "Allowed once.")).receive):
            press = ann.presses("Left")
            await until(lambda: ann.sees()[-1].buttons == ())
        assert (press.text, press.alert) == ("Allowed once.", False)


@pytest.mark.parametrize("called", [False, True], ids=["polling", "called"])
async def test_a_press_is_answered_although_the_database_is_locked(called: bool) -> None:
    """Telegram forgets a press that nobody answers; the press counts once the lock is gone."""
    async with platform() as api:
        ann = api.person("Ann")
        ann.starts()
        api.updates.drop()
        chat = TelegramChat(settings_for(api, called=called, answer_within_s=0.05))
        (part,) = chat.parts(Post("Which?", buttons=(ButtonView("t1", "Allow once"),)))
        await chat.send(private(ann), part, "k", again=False)
        desk = Desk()
        desk.open.clear()
        async with listening(chat, desk.receive):
            press = ann.presses("Allow once")
            await until(lambda: press.text is not None)
            assert press.text == WAIT
            assert not api.record.confirmed()
            desk.open.set()
            await until(lambda: ann.sees()[-1].buttons == () and bool(api.record.confirmed()))


async def test_a_form_is_a_message_to_reply_to() -> None:
    """Telegram has none."""
    async with platform() as api:
        ann = api.person("Ann")
        ann.starts()
        api.updates.drop()
        chat = TelegramChat(settings_for(api))
        (part,) = chat.parts(Post("Colour?", buttons=(ButtonView("t1", "Other…"),)))
        await chat.send(private(ann), part, "k", again=False)
        desk = Desk(Receipt(Outcome.OPEN_FORM, form=Form("t1", "Answer q3", "Which colour?")))
        async with listening(chat, desk.receive):
            ann.presses("Other…")
            await until(lambda: "Reply to this message" in ann.sees()[-1].text)
            desk.receipt = ACCEPTED
            ann.writes("red", reply_to=ann.sees()[-1].id)
            await until(lambda: len(desk.got) == 2)
        filled = desk.got[1]
        assert isinstance(filled, Submitted)
        assert (filled.token, filled.values) == ("t1", {"text": "red"})


async def test_nothing_is_posted_silently_elsewhere_when_a_topic_is_gone() -> None:
    """Complaint row 18: tdlib/telegram-bot-api #847 and #854, OC #727."""
    async with platform(privacy=False) as api:
        team = api.supergroup("Team", forum=True, admin=True)
        topic = team.opens_topic("work")
        chat = TelegramChat(settings_for(api, team))
        (part,) = chat.parts(Post("hello"))
        assert await chat.send(inside(team, topic), part, "k1", again=False)
        before = len(team.shown())
        for fault in (Fault.THREAD_NOT_FOUND, Fault.MAIN_CHAT):
            api.faults.next_calls(fault)
            with pytest.raises(ChatError) as error:
                await chat.send(inside(team, topic), part, "k2", again=False)
            assert error.value.gone
        assert len(team.shown()) == before
        assert await chat.send(inside(team, 1), part, "k3", again=False)  # General
        assert team.shown()[-1].thread is None
        await chat.close()


async def test_a_group_that_became_a_supergroup_is_still_written_to() -> None:
    """Whether this process saw it happen or begins afterwards."""
    async with platform(privacy=False) as api:
        team, ann = api.group("Team"), api.person("Ann")
        ann.writes("hello", team)
        new = team.becomes_supergroup()
        chat = TelegramChat(settings_for(api, team))
        (part,) = chat.parts(Post("hello"))
        await chat.send(inside(team), part, "k1", again=False)
        assert new.shown()[-1].text == "hello"
        desk = Desk()
        async with listening(TelegramChat(settings_for(api, team)), desk.receive):
            ann.writes("and again", new)
            await until(lambda: bool(desk.got) and getattr(desk.got[-1], "text", "") == "and again")
        assert {inbound.where for inbound in desk.got} == {inside(team)}
        await chat.close()


async def test_a_group_that_nobody_named_is_not_heard() -> None:
    """Anybody can add a bot to a group."""
    async with platform(privacy=False) as api:
        team, ann = api.supergroup("Team"), api.person("Ann")
        desk = Desk()
        async with listening(TelegramChat(settings_for(api)), desk.receive):
            ann.writes("/run rm -rf /", team)
            await api.record.until(lambda: len(api.record.confirmed()) == 1)
        assert desk.got == []


async def test_who_blocked_us_is_named_as_such() -> None:
    """Neither retried nor lost without a word."""
    async with platform() as api:
        ann = api.person("Ann")
        ann.starts()
        chat = TelegramChat(settings_for(api))
        (part,) = chat.parts(Post("hello"))
        ann.blocks()
        with pytest.raises(ChatError) as error:
            await chat.send(private(ann), part, "k1", again=False)
        assert error.value.forbidden
        assert "blocked" in str(error.value)
        assert await chat.direct("999") is None
        await chat.close()


async def test_files_go_both_ways() -> None:
    """Complaint row 28: a diff as a document, and what people send within the limit."""

    async def content(sha256: str) -> bytes:
        return b"+1" if sha256 == "ab" * 32 else b""

    async with platform() as api:
        ann = api.person("Ann")
        ann.starts()
        chat = TelegramChat(settings_for(api), content)
        post = Post("d7 hands over a file.", files=(FileView("a.diff", "ab" * 32, 2),))
        for n, part in enumerate(chat.parts(post)):
            await chat.send(private(ann), part, f"k{n}", again=False)
        shown = ann.sees()[-1].payload["document"]
        assert shown["file_name"] == "a.diff"
        assert await chat.fetch(FileRef(shown["file_id"], "a.diff", 2), 10) == b"+1"
        with pytest.raises(ChatError, match="the limit is 1"):
            await chat.fetch(FileRef(shown["file_id"], "a.diff", 2), 1)
        await chat.close()


async def test_a_deleted_topic_is_followed_by_a_new_one_and_that_by_the_chat() -> None:
    """Complaint row 18, tdlib #847: where our own topics take nothing either, no more of them are opened."""
    async with platform(topics_in_private=True) as api:
        ann = api.person("Ann")
        ann.starts()
        topic = ann.opens_topic("Parser")
        chat = TelegramChat(settings_for(api))
        (part,) = chat.parts(Post("Fixed."))
        ann.deletes_topic(topic)
        opened = await chat.reopen(private(ann, topic), "d7 · Fix the parser")
        assert opened is not None
        api.faults.next_calls(Fault.THREAD_NOT_FOUND)
        with pytest.raises(ChatError, match="gone"):
            await chat.send(opened, part, "k1", again=False)
        assert await chat.reopen(opened, "d7 · Fix the parser") == private(ann)
        await chat.send(private(ann), part, "k1", again=True)
        assert await chat.reopen(private(ann), "d7 · Fix the parser") is None
        await chat.close()


async def test_a_file_is_not_loaded_beyond_the_limit() -> None:
    """T13: Telegram may say that a file is small, or nothing; what comes is cut off where the limit is."""
    async with platform() as api:
        ann = api.person("Ann")
        sent = ann.sends("document", b"x" * 3_000_000, "a.bin", size=1)
        chat = TelegramChat(settings_for(api))
        id = sent.payload["document"]["file_id"]
        with pytest.raises(ChatError, match="the limit is 1000000"):
            await chat.fetch(FileRef(id, "a.bin", 0), 1_000_000)
        assert len(await chat.fetch(FileRef(id, "a.bin", 0), 3_000_000)) == 3_000_000
        gone = ann.sends("document", b"x", "b.bin")
        api.platform.files.clear()
        with pytest.raises(ChatError):
            await chat.fetch(FileRef(gone.payload["document"]["file_id"], "b.bin", 0), 10)
        await chat.close()


async def test_previews_are_off_and_progress_is_silent() -> None:
    """A preview fetches whatever address a model wrote: rendering is egress."""
    async with platform() as api:
        ann = api.person("Ann")
        ann.starts()
        chat = TelegramChat(settings_for(api))
        (part,) = chat.parts(Post("see https://a.b", silent=True))
        id = await chat.send(private(ann), part, "k", again=False)
        await chat.edit(private(ann), id, chat.parts(Post("see https://a.c"))[0])
        assert ann.sees()[-1].silent
        for call in api.record.calls("(sendMessage|editMessageText)"):
            assert "is_disabled" in str(call["arguments"]["link_preview_options"])
        await chat.close()


async def test_what_may_have_arrived_is_sent_again() -> None:
    """Telegram has no key to look a message up by."""
    async with platform() as api:
        ann = api.person("Ann")
        ann.starts()
        chat = TelegramChat(settings_for(api))
        (part,) = chat.parts(Post("hello"))
        api.faults.next_calls(Fault.APPLY_THEN_DROP)
        with pytest.raises(ChatError) as error:
            await chat.send(private(ann), part, "k", again=False)
        assert error.value.ambiguous
        assert await chat.send(private(ann), part, "k", again=True)
        assert len([each for each in ann.sees() if each.by_bot]) == 2
        await chat.close()


async def test_a_strangers_poller_is_named_and_outlived() -> None:
    """The chat says so and rests while the house goes on; once the stranger is gone it hears again."""
    async with platform() as api:
        ann = api.person("Ann")
        chat, desk = TelegramChat(settings_for(api)), Desk()
        api.faults.next_calls(*[Fault.CONFLICT] * 4, method="getUpdates")
        async with listening(chat, desk.receive):
            await until(lambda: chat.connection.problem == STRANGER)
            assert chat.connection.since is None
            ann.starts()
            await until(lambda: bool(desk.got))
            assert chat.connection.problem == ""


async def test_a_left_over_webhook_does_not_deafen_who_polls() -> None:
    """It is removed, and what waits there is kept."""
    async with platform() as api:
        async with bot_on(api) as bot:
            await bot.set_webhook("http://127.0.0.1:9/telegram")
        ann, desk = api.person("Ann"), Desk()
        async with listening(TelegramChat(settings_for(api)), desk.receive):
            ann.starts()
            await until(lambda: bool(desk.got))


async def test_a_poll_that_fails_is_tried_again() -> None:
    """Complaint row 5: whatever comes between, it is never deaf for good."""
    async with platform() as api:
        faults = (Fault.SERVER_ERROR, Fault.BAD_GATEWAY, Fault.LOSE, Fault.RATE_LIMIT)
        api.faults.next_calls(*faults, method="getUpdates")
        ann, desk = api.person("Ann"), Desk()
        async with listening(TelegramChat(settings_for(api)), desk.receive):
            ann.starts()
            await until(lambda: bool(desk.got))


async def test_an_update_that_breaks_the_house_does_not_stop_the_others() -> None:
    """Three tries, then the log keeps it."""
    async with platform() as api:
        ann, got = api.person("Ann"), list[str]()

        async def receive(inbound: Inbound) -> Receipt:
            assert isinstance(inbound, Wrote)
            got.append(inbound.text)
            if inbound.text == "poison":
                raise ZeroDivisionError
            return ACCEPTED

        async with listening(TelegramChat(settings_for(api)), receive):
            ann.writes("poison")
            ann.writes("hello")
            await api.record.until(lambda: len(api.record.confirmed()) == 2)
        assert got == ["poison"] * 3 + ["hello"]


async def test_a_call_without_the_secret_is_refused() -> None:
    """Threat T6; the right one is made at every start."""
    async with platform() as api:
        settings = settings_for(api, called=True)
        assert settings.webhook
        desk = Desk()
        async with (
            listening(TelegramChat(settings), desk.receive),
            httpx.AsyncClient(trust_env=False) as client,
        ):
            await until(lambda: bool(api.record.calls("setWebhook")))
            for headers in ({}, {SECRET_HEADER: "guess"}):
                answer = await client.post(settings.webhook.url, json={"update_id": 1}, headers=headers)
                assert (answer.status_code, answer.content) == (403, b"")
        assert desk.got == []


async def test_a_locked_database_loses_no_update() -> None:
    """Complaint row 1: the offset never moves before the commit."""
    async with platform() as api:
        ann, tries = api.person("Ann"), list[str]()

        async def receive(inbound: Inbound) -> Receipt:
            tries.append(inbound.key)
            if len(tries) < 6:
                assert not api.record.confirmed()
                raise StoreError("The database is locked.")
            return ACCEPTED

        async with listening(TelegramChat(settings_for(api)), receive):
            ann.writes("hello")
            await api.record.until(lambda: len(api.record.confirmed()) == 1)
        assert tries == [tries[0]] * 6
