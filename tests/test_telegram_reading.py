"""What Telegram delivers becomes the house's events, each with its person and its place, or nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update

from adapters.chats.telegram import forms
from adapters.chats.telegram.bot import make_bot
from adapters.chats.telegram.places import GENERAL, Place, key_of, place, place_of
from adapters.chats.telegram.reading import STOPPED, Groups
from adapters.chats.telegram.receiving import Receiving
from bot.errors import ChatError
from bot.model.conversations import (
    Address,
    Edited,
    FileRef,
    Form,
    Inbound,
    Outcome,
    Pressed,
    Reacted,
    Receipt,
    Stopped,
    Submitted,
    Wrote,
)
from bot.model.people import Identity
from tests.fuzzing import attempt, fuzzes, jsons_with
from tests.telegram_updates import (
    ANN,
    DESK,
    GROUP,
    NOON,
    PRIVATE,
    TEAM,
    command,
    message,
    read,
    reader,
    update,
)

CHATS = st.integers(-(10**18), 10**18).filter(bool)
TOPICS = st.none() | st.integers(2, 10**18)


@given(CHATS, TOPICS)
def test_a_place_and_its_key_are_one(chat: int, topic: int | None) -> None:
    """Complaint row 17: a key that is built in two ways loses replies."""
    assert place_of(key_of(Place(chat, topic))) == Place(chat, topic)


@given(st.from_regex(r"-?[1-9][0-9]{0,17}(/([2-9]|[1-9][0-9]{1,17}))?", fullmatch=True))
def test_a_key_and_its_place_are_one(key: str) -> None:
    """The other way round."""
    assert key_of(place_of(key)) == key


@pytest.mark.parametrize("key", ["", "main", "0", "-0", "07", "1/", "1/x", "T01/C02/17.1", "٣", "1/2/3"])
def test_what_is_no_key_is_refused(key: str) -> None:
    """Another chat's address must not become a post somewhere."""
    with pytest.raises(ChatError):
        place_of(key)


def test_general_has_no_number() -> None:
    """Complaint row 18: HM #27012, tdlib/telegram-bot-api #447."""
    assert key_of(place(GROUP, GENERAL)) == str(GROUP)


def wrote(**more: Any) -> Wrote:
    found = read(message=message(**more))
    assert isinstance(found, Wrote)
    return found


def test_a_private_message_has_its_person_and_its_place() -> None:
    """Identity is the number, whatever the name is."""
    found = wrote()
    assert (found.identity, found.where) == (Identity("telegram", "4711"), Address("telegram", "4711"))
    assert (found.key, found.text, found.sender) == ("telegram:42:4711:7", "hello", "Ann")
    assert (found.direct, found.addressed, found.forwarded) == (True, True, False)


def test_a_topic_is_a_place_of_its_own() -> None:
    """In private chats and in forums; what opened it is not what a message answers."""
    opened = message("", message_id=9, from_=DESK)
    topic = {"is_topic_message": True, "message_thread_id": 9}
    assert wrote(**topic).where.key == "4711/9"
    found = wrote(**topic, chat=TEAM, reply_to_message=opened)
    assert (found.where.key, found.reply_to) == (f"{GROUP}/9", None)
    assert wrote(chat=TEAM, is_topic_message=True, message_thread_id=GENERAL).where.key == str(GROUP)
    assert wrote(chat=TEAM, message_thread_id=5).where.key == str(GROUP)


@pytest.mark.parametrize(
    "odd",
    [
        message() | {"from": DESK},
        message(chat={"id": -1002, "type": "supergroup", "title": "Unknown"}),
        message(chat=TEAM, sender_chat=TEAM),
        message(chat=TEAM, sender_chat={"id": -1003, "type": "channel", "title": "News"}),
        message(chat={"id": -1003, "type": "channel", "title": "News"}),
        command("/stop@other_bot", chat=TEAM),
        message("", new_chat_title="New"),
    ],
    ids=[
        "a bot",
        "another group",
        "an anonymous admin",
        "a channel",
        "in a channel",
        "another bot",
        "service",
    ],
)
def test_who_answers_for_nothing_is_not_heard(odd: dict[str, Any]) -> None:
    """Complaint rows 7 and 22; threat T3."""
    assert read(message=odd) is None


def test_posts_of_channels_and_guests_are_not_ours() -> None:
    """Only messages, presses, reactions and stops of people are."""
    for kind in ("channel_post", "edited_channel_post", "business_message"):
        content: dict[str, Any] = {kind: message()}
        assert reader().read(update(**content)) is None


def test_a_forward_is_marked() -> None:
    """So is what another bot wrote in somebody's name."""
    origin: dict[str, Any] = {"type": "user", "date": 1, "sender_user": ANN}
    assert wrote(forward_origin=origin).forwarded
    assert wrote(via_bot=DESK | {"id": 43}).forwarded


def test_in_a_group_only_who_addresses_us_does() -> None:
    """By mention, by reply, by command."""
    assert not wrote(chat=TEAM).addressed
    found = wrote(
        text="@desk_bot: fix it", chat=TEAM, entities=[{"type": "mention", "offset": 0, "length": 9}]
    )
    assert (found.addressed, found.text, found.direct) == (True, "fix it", False)
    assert wrote(chat=TEAM, reply_to_message=message("?", **{"from": DESK})).addressed
    assert not wrote(chat=TEAM, reply_to_message=message("?")).addressed


def test_a_command_may_name_us() -> None:
    """As a phone writes it in a group."""
    found = read(message=command("/stop@Desk_Bot d7", chat=TEAM))
    assert isinstance(found, Wrote)
    assert (found.text, found.addressed) == ("/stop d7", True)


def test_files_come_with_their_caption() -> None:
    """A photo's largest size, a voice note, a document."""
    sizes = [{"file_id": f"p{n}", "file_unique_id": "u", "width": n, "height": n} for n in (1, 9, 3)]
    found = wrote(text="", caption="look", photo=sizes)
    assert (found.text, found.files) == ("look", (FileRef("p9", "photo-7.jpg", 0),))
    document = {"file_id": "d", "file_unique_id": "u", "file_name": "../a.txt", "file_size": 5}
    assert wrote(text="", document=document).files == (FileRef("d", "../a.txt", 5),)
    voice = {"file_id": "v", "file_unique_id": "u", "duration": 3, "file_size": 9}
    assert wrote(text="", voice=voice).files == (FileRef("v", "voice-7.ogg", 9, voice=True),)


def test_an_edit_names_what_it_changes() -> None:
    """Two edits in one second are two."""
    first, second = (read(edited_message=message(text, edit_date=5)) for text in ("one", "two"))
    assert isinstance(first, Edited)
    assert isinstance(second, Edited)
    assert (first.of, first.text) == ("telegram:42:4711:7", "one")
    assert first.key != second.key


def test_a_press_carries_the_token_only() -> None:
    """In the place of its message."""
    shown = message("Which?", **{"from": DESK}, is_topic_message=True, message_thread_id=9)
    found = read(
        callback_query={"id": "c1", "from": ANN, "chat_instance": "i", "data": "t1", "message": shown}
    )
    assert isinstance(found, Pressed)
    assert (found.token, found.where.key, found.message_id) == ("t1", "4711/9", "7")


def test_a_reply_to_a_form_fills_it_in() -> None:
    """Whichever process reads it, after any restart; no forwarded text does, and no copied question."""
    words, entities = forms.asked(Form("t1", "Answer q3", "Which colour?"))
    mark = [entity.to_dict() for entity in entities]
    asked = message(words, message_id=8, entities=mark, **{"from": DESK})
    found = read(message=message("red", reply_to_message=asked))
    assert isinstance(found, Submitted)
    assert (found.token, found.values) == ("t1", {"text": "red"})
    for other in (asked | {"from": ANN}, message(words, message_id=8, **{"from": DESK})):
        assert isinstance(read(message=message("red", reply_to_message=other)), Wrote)
    origin = {"type": "user", "sender_user": ANN, "date": NOON}
    assert isinstance(read(message=message("red", reply_to_message=asked, forward_origin=origin)), Wrote)


def test_a_cross_is_a_wish_to_cancel() -> None:
    """Among the reactions that everybody has, the thumb down stands for it."""
    reaction: dict[str, Any] = {"chat": PRIVATE, "message_id": 7, "user": ANN, "date": 5, "old_reaction": []}
    for emoji in ("👎", "❌"):
        found = read(message_reaction=reaction | {"new_reaction": [{"type": "emoji", "emoji": emoji}]})
        assert isinstance(found, Reacted)
        assert found.emoji == "❌"
    assert read(message_reaction=reaction | {"new_reaction": []}) is None


def test_the_stop_of_a_draft_is_a_stop() -> None:
    """Bot API 10.3, which the library does not know."""
    found = read(stopped_message_generation={"chat": PRIVATE, "user": ANN, "draft_id": 3})
    assert isinstance(found, Stopped)
    assert found.where.key == "4711"


def test_a_group_that_became_a_supergroup_keeps_its_place() -> None:
    """Whether we saw it happen or Telegram told us later; the house knows the old number."""
    groups = Groups(frozenset({-5}))
    old = {"id": -5, "type": "group", "title": "Team"}
    new = {"id": -1007, "type": "supergroup", "title": "Team"}
    to = reader(groups)
    assert read(to, message=message("", chat=old, migrate_to_chat_id=-1007)) is None
    found = read(to, message=message(chat=new))
    assert isinstance(found, Wrote)
    assert found.where.key == "-5"
    assert found.key == "telegram:42:-1007:7"
    assert groups.now(-5) == -1007


def test_a_redelivery_reads_the_same() -> None:
    """The update's own number plays no part."""
    bot = make_bot("42:x")
    one, two = (reader().read(Update.de_json({"update_id": n, "message": message()}, bot)) for n in (1, 2))
    assert one == two
    assert isinstance(one, Wrote)
    assert one.sent_at


@fuzzes(
    "adapters.chats.telegram.reading.Reader.read",
    kind=st.sampled_from(["message", "edited_message", "callback_query", "message_reaction", STOPPED]),
    content=jsons_with("message_id", "chat", "from", "text", "entities", "data", "photo", "reply_to_message"),
    whole=st.booleans(),
)
def test_no_update_breaks_the_reader(kind: str, content: dict[str, Any], whole: bool) -> None:
    """What the library can read is heard or passed over; what it cannot is never seen here."""
    got: list[Inbound] = []

    async def receive(inbound: Inbound) -> Receipt:
        got.append(inbound)
        return Receipt(Outcome.ACCEPTED)

    bot = make_bot("42:x")
    raw = {"update_id": 1, kind: (message() | content) if whole else content}
    update, _ = attempt(lambda: Update.de_json(raw, bot), Exception)
    if update is not None:
        asyncio.run(Receiving(bot, reader(), receive).take(update))
    assert all(inbound.identity.account.lstrip("-").isdecimal() for inbound in got)
