"""Every way in from Telegram, for everybody who is nobody: a request, one refusal, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from telegram import Update

from adapters.chats.telegram import forms
from adapters.chats.telegram.reading import STOPPED, UPDATES
from bot.model.conversations import CANCELS, Address, Form, Inbound, Message
from bot.model.posts import ButtonAction
from tests.rights_goods import Goods
from tests.strangers import left_by_a_stranger
from tests.telegram_updates import DESK, GROUP, NOON, TEAM, read, reader, update
from tests.test_rights import OTHER, street

Json = dict[str, Any]
Way = Callable[[Json, Json, Goods], Json]
"""Who it comes from and the chat it happens in, as fields of a message, and what is there to be touched."""

KNOWN: Final[Json] = {"id": 1, "is_bot": False, "first_name": "Rowan"}
STRANGER: Final[Json] = {"id": 66, "is_bot": False, "first_name": "Dora", "username": "dora"}
BOT: Final[Json] = {"id": 67, "is_bot": True, "first_name": "Other", "username": "other_bot"}
ANONYMOUS: Final[Json] = {
    "id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"
}  # fmt: skip
CHANNEL: Final[Json] = {"id": -1002, "type": "channel", "title": "News"}

IDENTITIES: Final[dict[str, Json]] = {
    "stranger": {"from": STRANGER},
    "another bot": {"from": BOT},
    "anonymous admin": {"from": ANONYMOUS, "sender_chat": TEAM},
    "somebody as a channel": {"from": BOT, "sender_chat": CHANNEL},
    "a channel": {"sender_chat": CHANNEL},
    "a guest with a known id": {"from": KNOWN, "sender_chat": CHANNEL},
}
"""Nobody of them is known, whatever they call themselves."""


def said(text: str, **more: Any) -> Way:
    return lambda who, chat, _: {"message_id": 7, "date": NOON, "chat": chat, "text": text, **who, **more}


def command(text: str) -> Way:
    return said(text, entities=[{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}])


def about(text: Callable[[Goods], str]) -> Way:
    return lambda who, chat, goods: command(text(goods))(who, chat, goods)


def _filled_in(who: Json, chat: Json, goods: Goods) -> Json:
    words, marks = forms.asked(Form(goods.buttons[ButtonAction.WRITE], "Answer", "Which?"))
    mark = [each.to_dict() for each in marks]
    asked = {"message_id": 6, "date": NOON, "chat": chat, "from": DESK, "text": words, "entities": mark}
    return said("red", reply_to_message=asked)(who, chat, goods)


def _press(who: Json, chat: Json, goods: Goods) -> Json:
    shown = {"message_id": 6, "date": NOON, "chat": chat, "from": DESK, "text": "q"}
    token = goods.buttons[ButtonAction.GRANT]
    by = BOT if "sender_chat" in who else who["from"]  # nobody presses in the name of a channel
    return {"id": "p", "chat_instance": "c", "data": token, "message": shown, "from": by}


def _sign(emoji: str) -> Way:
    def reacts(who: Json, chat: Json, goods: Goods) -> Json:
        by = {"actor_chat": who["sender_chat"]} if "sender_chat" in who else {"user": who["from"]}
        new = [{"type": "emoji", "emoji": emoji}]
        return {
            "chat": chat,
            "message_id": int(goods.post),
            "date": NOON,
            "old_reaction": [],
            "new_reaction": new,
            **by,
        }

    return reacts


def _stop(who: Json, chat: Json, _: Goods) -> Json:
    return {"chat": chat, "draft_id": 1} | ({"user": who["from"]} if "from" in who else {})


MENTION: Final[Json] = {"type": "mention", "offset": 0, "length": 9}
_FILE: Final[Json] = {"file_id": "f", "file_unique_id": "u", "file_size": 3}
_QUESTION: Final[Json] = {"message_id": 6, "date": NOON, "chat": TEAM, "from": DESK, "text": "q"}
_ORIGIN: Final[Json] = {"type": "user", "sender_user": KNOWN, "date": NOON}

WAYS: Final[dict[str, dict[str, Way]]] = {
    "message": {
        "words": said("fix the parser"),
        "words to the bot": said(
            "@desk_bot fix it", entities=[{"type": "mention", "offset": 0, "length": 9}]
        ),
        "start": command("/start"),
        "start with a payload": command("/start K7QMX2PDK7QMX2PDK7QMX2"),
        "stop": command("/stop"),
        "approval": about(lambda goods: f"/approve {goods.approval}"),
        "letting oneself in": about(lambda goods: f"/pair {goods.code} admin"),
        "forwarded": said("fix the parser", forward_origin=_ORIGIN),
        "by way of a bot": said("fix the parser", via_bot=BOT),
        "reply": said("yes", reply_to_message=_QUESTION),
        "form": _filled_in,
        "file": said("", document={**_FILE, "file_name": "a.txt"}, caption="look"),
        "voice": said("", voice={**_FILE, "duration": 3}),
        "rich": said("", rich_message={"blocks": [{"text": "fix the parser"}]}),
        "moved group": said("", migrate_to_chat_id=-1003),
    },
    "edited_message": {"edit": said("other words", edit_date=NOON + 5)},
    "callback_query": {"press": _press},
    "message_reaction": {"cross": _sign(CANCELS), "thumb down": _sign("👎"), "thumb up": _sign("👍")},
    STOPPED: {"native stop": _stop},
}
"""By the kind of update; one that the bot begins to ask for without a row here fails below."""

NOT_ASKED_FOR: Final = frozenset(
    {"business_connection", "business_message", "channel_post", "chat_boost", "chat_join_request"}
    | {"chat_member", "chosen_inline_result", "deleted_business_messages", "edited_business_message"}
    | {"edited_channel_post", "guest_message", "inline_query", "managed_bot", "message_reaction_count"}
    | {"my_chat_member", "poll", "poll_answer", "pre_checkout_query", "purchased_paid_media"}
    | {"removed_chat_boost", "shipping_query"}
)
"""Kinds that the library knows; Telegram hands over none that is not asked for, and nothing reads one."""


NO_GOODS: Final = Goods("", "", "", "", "", "", "", "", "", "", "", "", {})


def _events(goods: Goods) -> Iterator[tuple[str, Inbound | None]]:
    """Each way for each identity, in private, in a group that is named, in one that is not, in a channel."""
    private: Json = {"id": 66, "type": "private", "first_name": "Dora"}
    unknown: Json = {"id": -1009, "type": "supergroup", "title": "Elsewhere"}
    for kind, ways in WAYS.items():
        for way, make in ways.items():
            for name, who in IDENTITIES.items():
                for chat in (private, TEAM, unknown, CHANNEL):
                    event = reader().read(update(**{kind: make(who, chat, goods)}))
                    yield f"{way} by {name} in {chat['type']} {chat['id']}", event


def test_every_kind_of_update_has_its_row() -> None:
    """What is asked for is tried below; what a new library brings has to be decided about."""
    assert set(WAYS) == set(UPDATES)
    assert set(Update.ALL_TYPES) | {STOPPED} == NOT_ASKED_FOR | set(WAYS)
    assert not NOT_ASKED_FOR & set(UPDATES)


async def test_nobody_gets_in(tmp_path: Path) -> None:
    """HM PR #81388, zeroclaw #9387: 0 rows but a request, 0 turns, at most one refusal, at every way in.

    What there is to be touched, buttons and posts, lies in the group.
    """
    wrong: list[str] = []
    async with street(tmp_path, Address("telegram", str(GROUP))) as (desk, undoing, _, goods):
        for name, event in _events(goods[OTHER]):
            if too_much := await left_by_a_stranger(desk, undoing, event):
                wrong.append(f"{name}: {too_much}")
    assert not wrong


async def test_who_is_known_is_heard(tmp_path: Path) -> None:
    """The table would prove nothing if nobody were; forwarded words are kept as such."""
    private: Json = {"id": 1, "type": "private", "first_name": "Rowan"}
    async with street(tmp_path) as (desk, undoing, _, goods):
        for way in ("words", "start", "forwarded", "file", "voice"):
            undoing.written.clear()
            event = read(message=WAYS["message"][way]({"from": KNOWN}, private, goods[OTHER]))
            assert event is not None, way
            await desk.receive(event)
            assert any(isinstance(noun, Message) for noun in undoing.written), way


def test_only_a_group_that_is_named_is_read() -> None:
    """Also by somebody who is known: whoever adds the bot somewhere brings it nothing to do."""
    unknown: Json = {"id": -1009, "type": "supergroup", "title": "Elsewhere"}
    for way in ("words", "stop", "forwarded", "file"):
        make = WAYS["message"][way]
        assert read(message=make({"from": KNOWN}, unknown, NO_GOODS)) is None
        assert read(message=make({"from": KNOWN}, TEAM, NO_GOODS)) is not None
