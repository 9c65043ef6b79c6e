"""The rehearsed Bot API as the real python-telegram-bot meets it, and as people see it."""

from __future__ import annotations

import asyncio

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message, ReactionTypeEmoji, Update
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter

from adapters.rehearsal.bot_api import BotApi, Fault, Impossible, Rules
from tests.bots import bot_on, polling

YES_NO = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Yes", callback_data="a"), InlineKeyboardButton("No", callback_data="b")]]
)


async def test_a_person_writes_presses_and_sees_the_answer() -> None:
    """The whole way there and back: poll, send, press, alert, edit, confirm."""

    async def answer(update: Update) -> None:
        if update.message is not None:
            await update.message.reply_text(f"You said: {update.message.text}", reply_markup=YES_NO)
        if update.callback_query is not None:
            await update.callback_query.answer("Noted.", show_alert=True)
            await update.callback_query.edit_message_text(f"Pressed {update.callback_query.data}")

    async with BotApi() as api, polling(api, answer):
        ann = api.person("Ann", 4711)
        ann.writes("hello")
        await api.record.until(lambda: len(ann.sees()) == 2)
        assert ann.sees()[1].text == "You said: hello"
        assert ann.sees()[1].buttons == (("Yes", "No"),)
        press = ann.presses("No")
        await api.record.until(lambda: ann.sees()[1].text == "Pressed b")
        await api.record.until(lambda: len(api.record.confirmed()) == 2)
    assert (press.text, press.alert) == ("Noted.", True)
    assert ann.sees()[1].buttons == ()
    assert ann.sees()[1].edits == 1


async def test_an_update_is_delivered_until_its_offset_is_passed() -> None:
    """Nothing but a higher offset takes an update off Telegram's hands."""
    async with BotApi() as api, bot_on(api) as bot:
        for text in ("one", "two", "three"):
            api.person("Ann", 4711).writes(text)
        first = await bot.get_updates()
        again = await bot.get_updates(limit=2)
        assert [update.message and update.message.text for update in first] == ["one", "two", "three"]
        assert [update.update_id for update in again] == [update.update_id for update in first][: len(again)]
        assert api.record.confirmed() == []
        rest = await bot.get_updates(offset=first[1].update_id)
        assert rest[0].update_id == first[1].update_id
        assert api.record.confirmed() == [first[0].update_id]


async def test_a_second_poller_ends_the_first() -> None:
    """The one that waits is told Conflict, as when two houses run on one token."""
    async with BotApi(Rules(conflict_hold_s=0.01)) as api, bot_on(api) as first, bot_on(api) as second:
        waiting = asyncio.create_task(first.get_updates(timeout=30))
        await api.polled()
        later = asyncio.create_task(second.get_updates(timeout=30))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await waiting
        api.person("Ann", 4711).writes("who hears me?")
        assert len(await later) == 1


async def test_only_the_kinds_that_were_asked_for_come() -> None:
    """Reactions come to who names them only; the choice stays until it is changed."""
    async with BotApi() as api, bot_on(api) as bot:
        ann = api.person("Ann", 4711)
        written = ann.writes("hello")
        ann.reacts(written.id, "👍")
        assert len(await bot.get_updates(allowed_updates=["message_reaction"])) == 1
        ann.writes("not heard")
        ann.reacts(written.id, "👎")
        updates = await bot.get_updates(offset=-1)
        assert [update.message_reaction is not None for update in updates] == [True]
        reaction = updates[0].message_reaction
        assert reaction is not None
        assert reaction.old_reaction == (ReactionTypeEmoji("👍"),)
        assert reaction.new_reaction == (ReactionTypeEmoji("👎"),)


async def test_a_stranger_and_a_blocked_chat_cannot_be_written_to() -> None:
    """A bot writes to who has written to it, until it is blocked."""
    async with BotApi() as api, bot_on(api) as bot:
        ann = api.person("Ann", 4711)
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(4711, "psst")
        ann.starts()
        await bot.send_message(4711, "Welcome.")
        ann.blocks()
        with pytest.raises(Forbidden, match="bot was blocked by the user"):
            await bot.send_message(4711, "Still there?")


async def test_edits_meet_telegrams_refusals() -> None:
    """The same again, nothing there, somebody else's: each has the words that clients compare."""
    async with BotApi() as api, bot_on(api) as bot:
        ann = api.person("Ann", 4711)
        hers = ann.writes("hello")
        ours = await bot.send_message(4711, "one", reply_markup=YES_NO)
        with pytest.raises(BadRequest, match="Message is not modified"):
            await bot.edit_message_text("one", 4711, ours.message_id, reply_markup=YES_NO)
        with pytest.raises(BadRequest, match="Message to edit not found"):
            await bot.edit_message_text("two", 4711, 999)
        with pytest.raises(BadRequest, match="can't be edited"):
            await bot.edit_message_text("two", 4711, hers.id)
        await bot.edit_message_text("one", 4711, ours.message_id)
        assert ann.sees()[-1].buttons == ()


async def test_a_press_can_be_answered_once_and_soon() -> None:
    """Later, or again, the query is too old."""
    now = [1_000.0]
    async with BotApi(clock=lambda: now[0]) as api, bot_on(api) as bot:
        ann = api.person("Ann", 4711)
        ann.starts()
        await bot.send_message(4711, "?", reply_markup=YES_NO)
        first, second = ann.presses("Yes"), ann.presses("Yes")
        await bot.answer_callback_query(first.id)
        now[0] += 3600
        for press in (first, second):
            with pytest.raises(BadRequest, match="Query is too old"):
                await bot.answer_callback_query(press.id)
        with pytest.raises(Impossible, match="Maybe"):
            ann.presses("Maybe")


async def test_each_fault_reaches_the_client_as_its_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was applied is on the screen, what was not is not, whatever the client was told."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # without it, every RetryAfter is a warning
    faults = {
        Fault.RATE_LIMIT: (RetryAfter, False),
        Fault.REFUSE: (BadRequest, False),
        Fault.SERVER_ERROR: (NetworkError, False),
        Fault.BAD_GATEWAY: (NetworkError, False),
        Fault.LOSE: (NetworkError, False),
        Fault.UNAUTHORIZED: (InvalidToken, False),
        Fault.NO_METHOD: (InvalidToken, False),  # so python-telegram-bot reads a 404
        Fault.THREAD_NOT_FOUND: (BadRequest, False),
        Fault.APPLY_THEN_DROP: (NetworkError, True),
    }
    async with BotApi() as api, bot_on(api) as bot:
        ann = api.person("Ann", 4711)
        ann.starts()
        for fault, (error, applied) in faults.items():
            api.faults.next_calls(fault)
            with pytest.raises(error):
                await bot.send_message(4711, fault.value)
            assert (ann.sees()[-1].text == fault.value) is applied
        api.faults.next_calls(Fault.APPLY_THEN_SLOW)
        assert isinstance(await bot.send_message(4711, "late"), Message)
        recorded = [call["fault"] for call in api.record.calls("sendMessage")]
        assert recorded == [*faults, Fault.APPLY_THEN_SLOW]


async def test_a_wrong_token_is_not_let_in() -> None:
    """As when a token was revoked."""
    async with BotApi() as api:
        with pytest.raises(InvalidToken):
            async with Bot("4711000:another", base_url=f"{api.url}/bot"):
                pass
