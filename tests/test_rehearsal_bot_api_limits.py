"""Each limit of the Bot API: the rehearsal takes what lies just below it and refuses what lies just above."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from telegram import BotCommand, MessageEntity, ReplyParameters
from telegram.error import BadRequest, NetworkError, RetryAfter

from adapters.rehearsal.bot_api import BotApi, Impossible, Pace, Person, Rules
from tests.bots import bot_on

ANN = 4711
PARTY = "🎉"
"""One character, two UTF-16 units."""


def ann_on(api: BotApi) -> Person:
    ann = api.person("Ann", ANN)
    ann.starts()
    return ann


async def call(api: BotApi, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """As a careless client would, in JSON."""
    async with httpx.AsyncClient() as client:
        address = f"{api.url}/bot{api.token}/{method}"
        return (await client.post(address, json={"chat_id": ANN, **arguments})).json()


def entities(*ranges: tuple[int, int]) -> str:
    return json.dumps([{"type": "bold", "offset": at, "length": length} for at, length in ranges])


def keyboard(*rows: Sequence[str], data: str = "x") -> str:
    return json.dumps(
        {"inline_keyboard": [[{"text": label, "callback_data": data} for label in row] for row in rows]}
    )


TAKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "4096 units": ("sendMessage", {"text": PARTY * 2048}),
    "white space is not counted": ("sendMessage", {"text": f" \n{'x' * 4096}\n "}),
    "100 entities": ("sendMessage", {"text": "x" * 100, "entities": entities(*[(n, 1) for n in range(100)])}),
    "an entity to the end": ("sendMessage", {"text": f"a{PARTY}", "entities": entities((1, 2))}),
    "entities within each other": ("sendMessage", {"text": "abcd", "entities": entities((0, 4), (1, 2))}),
    "64 bytes of data": ("sendMessage", {"text": "?", "reply_markup": keyboard(["Yes"], data="é" * 32)}),
    "8 buttons in a row": ("sendMessage", {"text": "?", "reply_markup": keyboard("12345678")}),
    "100 buttons": ("sendMessage", {"text": "?", "reply_markup": keyboard(*["1234"] * 25)}),
    "a draft without words": ("sendMessageDraft", {"draft_id": 1, "text": ""}),
    "a rich message of 32768": ("sendRichMessage", {"rich_message": {"markdown": "x" * 32_768}}),
    "500 blocks": ("sendRichMessage", {"rich_message": {"blocks": [{"type": "divider"}] * 500}}),
    "128 units of title": ("createForumTopic", {"name": PARTY * 64}),
    "an action that exists": ("sendChatAction", {"action": "typing"}),
}
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "4097 units": ("sendMessage", {"text": f"{PARTY * 2048}x"}, "Message is too long"),
    "nothing": ("sendMessage", {"text": " \n "}, "Message text is empty"),
    "markup to be parsed": ("sendMessage", {"text": "<b>x</b>", "parse_mode": "HTML"}, "parse_mode"),
    "101 entities": (
        "sendMessage",
        {"text": "x" * 101, "entities": entities(*[(n, 1) for n in range(101)])},
        "entities_too_much",
    ),
    "an entity past the end": (
        "sendMessage",
        {"text": f"a{PARTY}", "entities": entities((1, 3))},
        "ends after the end of the text",
    ),
    "an entity inside a character": (
        "sendMessage",
        {"text": f"a{PARTY}", "entities": entities((0, 2))},
        "in a middle of a utf-16 symbol",
    ),
    "entities across each other": (
        "sendMessage",
        {"text": "abcd", "entities": entities((0, 3), (2, 2))},
        "not nested",
    ),
    "an empty entity": ("sendMessage", {"text": "abcd", "entities": entities((0, 0))}, "incorrect"),
    "65 bytes of data": (
        "sendMessage",
        {"text": "?", "reply_markup": keyboard(["Yes"], data="é" * 32 + "x")},
        "button_data_invalid",
    ),
    "no data": (
        "sendMessage",
        {"text": "?", "reply_markup": keyboard(["Yes"], data="")},
        "button_data_invalid",
    ),
    "9 buttons in a row": ("sendMessage", {"text": "?", "reply_markup": keyboard("123456789")}, "too long"),
    "101 buttons": ("sendMessage", {"text": "?", "reply_markup": keyboard(*["1"] * 101)}, "too long"),
    "a button that does nothing": (
        "sendMessage",
        {"text": "?", "reply_markup": json.dumps({"inline_keyboard": [[{"text": "Yes"}]]})},
        "text buttons are unallowed",
    ),
    "an answer to nothing": (
        "sendMessage",
        {"text": "x", "reply_parameters": json.dumps({"message_id": 999})},
        "message to be replied not found",
    ),
    "a draft of no number": ("sendMessageDraft", {"draft_id": 0, "text": "x"}, "draft_id_invalid"),
    "a rich message of 32769": ("sendRichMessage", {"rich_message": {"markdown": "x" * 32_769}}, "too long"),
    "501 blocks": ("sendRichMessage", {"rich_message": {"blocks": [{"type": "divider"}] * 501}}, "blocks"),
    "129 units of title": ("createForumTopic", {"name": PARTY * 64 + "x"}, "topic_title_invalid"),
    "an action of its own": ("sendChatAction", {"action": "thinking"}, "wrong parameter action"),
}


@pytest.mark.parametrize("case", TAKEN)
async def test_what_lies_within_a_limit_is_taken(case: str) -> None:
    """Just below."""
    method, arguments = TAKEN[case]
    async with BotApi(Rules(topics_in_private=True)) as api:
        ann_on(api)
        assert (await call(api, method, arguments))["ok"]


@pytest.mark.parametrize("case", REFUSED)
async def test_what_lies_beyond_a_limit_is_refused(case: str) -> None:
    """Just above, in Telegram's words; nothing is shown."""
    method, arguments, words = REFUSED[case]
    async with BotApi(Rules(topics_in_private=True)) as api:
        ann = ann_on(api)
        refused = await call(api, method, arguments)
        assert (refused["ok"], refused["error_code"]) == (False, 400)
        assert words.lower() in refused["description"].lower()
        assert len(ann.sees()) == 1


async def test_a_caption_has_1024_units() -> None:
    """Of a document as of a photo."""
    async with BotApi() as api, bot_on(api) as bot:
        ann = ann_on(api)
        for send in (bot.send_document, bot.send_photo):
            await send(ANN, b"content", caption=PARTY * 512)
            with pytest.raises(BadRequest, match="caption is too long"):
                await send(ANN, b"content", caption=PARTY * 512 + "x")
        assert len(ann.sees()) == 3


async def test_files_have_their_sizes() -> None:
    """Up and down, each with its own limit; smaller ones here, because the real ones take long to move."""
    rules = Rules(upload_bytes=2_000, photo_bytes=1_000, download_bytes=500)
    async with BotApi(rules) as api, bot_on(api) as bot:
        ann = ann_on(api)
        await bot.send_document(ANN, bytes(2_000))
        with pytest.raises(NetworkError, match="Request Entity Too Large"):
            await bot.send_document(ANN, bytes(2_001))
        await bot.send_photo(ANN, bytes(1_000))
        with pytest.raises(BadRequest, match="too big for a photo"):
            await bot.send_photo(ANN, bytes(1_001))
        small, large = (ann.sends("document", bytes(size)).payload["document"] for size in (500, 501))
        got = await bot.get_file(small["file_id"])
        assert await got.download_as_bytearray() == bytes(500)
        with pytest.raises(BadRequest, match="File is too big"):
            await bot.get_file(large["file_id"])
        with pytest.raises(BadRequest, match="must be non-empty"):
            await bot.send_document(ANN, b"")
    assert (Rules().upload_bytes, Rules().photo_bytes, Rules().download_bytes) == (
        50 * 2**20,
        10 * 2**20,
        20 * 2**20,
    )


async def test_commands_have_names_descriptions_and_a_number() -> None:
    """32 characters, 256 characters, 100 commands; each scope has its own."""
    async with BotApi() as api, bot_on(api) as bot:
        fine = BotCommand("a" * 32, "d" * 256)
        await bot.set_my_commands([fine] * 100, scope={"type": "all_private_chats"})  # type: ignore[arg-type]
        assert len(await bot.get_my_commands({"type": "all_private_chats"})) == 100  # type: ignore[arg-type]
        assert await bot.get_my_commands() == ()
        for commands in ([BotCommand("a" * 33, "d")], [BotCommand("Status", "d")], [fine] * 101):
            with pytest.raises(BadRequest, match=r"(?i)bot_command"):
                await bot.set_my_commands(commands)
        with pytest.raises(BadRequest, match=r"(?i)description_invalid"):
            await bot.set_my_commands([BotCommand("a", "d" * 257)])


async def test_a_deep_link_carries_64_characters() -> None:
    """No phone opens a longer one."""
    async with BotApi() as api:
        ann = api.person("Ann", ANN)
        ann.starts("x" * 64)
        assert ann.sees()[0].text == f"/start {'x' * 64}"
        with pytest.raises(Impossible, match="64"):
            ann.starts("x" * 65)


async def test_who_writes_too_fast_is_told_how_long_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """One a second to a person, 20 a minute to a group, 30 a second in all."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    now = [1_000.0]
    rules = Rules(pace=Pace(private=(1, 1)))
    async with BotApi(rules, clock=lambda: now[0]) as api, bot_on(api) as bot:
        ann_on(api)
        team = api.group("Team")
        await bot.send_message(ANN, "one")
        with pytest.raises(RetryAfter, match="Retry in 0:00:01"):
            await bot.send_message(ANN, "two")
        now[0] += 1
        await bot.send_message(ANN, "two")
        for number in range(20):
            await bot.send_message(team.id, str(number))
        with pytest.raises(RetryAfter, match="Retry in 0:01:00"):
            await bot.send_message(team.id, "21")
        for id in range(1, 10):
            api.person("Bob", id).starts()
            await bot.send_message(id, "hello")
        api.person("Eve", 10).starts()
        with pytest.raises(RetryAfter, match="Retry in 0:00:01"):
            await bot.send_message(10, "the 31st")


async def test_an_entity_shrinks_with_the_white_space_that_is_dropped() -> None:
    """What is shown in bold stays in bold."""
    async with BotApi() as api, bot_on(api) as bot:
        ann_on(api)
        sent = await bot.send_message(ANN, "  bold  ", entities=[MessageEntity("bold", 0, 8)])
        assert sent.parse_entities() == {sent.entities[0]: "bold"}


async def test_an_answer_may_tolerate_that_its_question_is_gone() -> None:
    """Then it is a message of its own."""
    async with BotApi() as api, bot_on(api) as bot:
        ann = ann_on(api)
        lenient = ReplyParameters(999, allow_sending_without_reply=True)
        sent = await bot.send_message(ANN, "x", reply_parameters=lenient)
        assert sent.reply_to_message is None
        assert ann.sees()[-1].id == sent.message_id
