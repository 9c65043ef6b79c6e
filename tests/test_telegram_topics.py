"""A topic for a piece of work, on the rehearsed Bot API: where one is opened, and where none is."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from adapters.chats.telegram.chat import MAX_TITLE, TelegramChat
from adapters.rehearsal.bot_api import BotApi, Fault, Rules
from bot.errors import ChatError
from bot.model.conversations import Address
from bot.model.posts import Post
from tests.telegram_chats import private, settings_for

TITLE = "d7 · Fix the parser"
CREATE = "createForumTopic"


@pytest.fixture
async def api() -> AsyncGenerator[BotApi]:
    """People have topics in private."""
    async with BotApi(Rules(topics_in_private=True)) as api:
        yield api


@pytest.fixture
async def chat(api: BotApi) -> AsyncGenerator[TelegramChat]:
    """It listens to nobody."""
    chat = TelegramChat(settings_for(api))
    yield chat
    await chat.close()


def inside(chat_id: int, topic: int | None = None) -> Address:
    return Address("telegram", f"{chat_id}/{topic}" if topic else str(chat_id))


async def test_a_forum_gets_a_topic_with_a_link_for_its_members(api: BotApi, chat: TelegramChat) -> None:
    """General itself takes posts without a thread id; the new topic takes them with its own."""
    forum = api.supergroup("Team", forum=True, admin=True)
    opened = await chat.open_topic(inside(forum.id), TITLE)
    assert opened is not None
    (topic,) = api.platform.chats[forum.id].topics.values()
    assert topic.name == TITLE
    assert opened.address == inside(forum.id, topic.id)
    assert opened.link == f"https://t.me/c/{str(forum.id).removeprefix('-100')}/{topic.id}"
    (part,) = chat.parts(Post("hello"))
    await chat.send(opened.address, part, "k1", again=False)
    assert forum.shown()[-1].thread == topic.id


async def test_a_private_chat_gets_a_topic_without_a_link(api: BotApi, chat: TelegramChat) -> None:
    """Telegram has none for it."""
    ann = api.person("Ann")
    ann.starts()
    opened = await chat.open_topic(private(ann), TITLE)
    assert opened is not None
    assert opened.link == ""
    assert opened.address.key.startswith(f"{ann.id}/")


async def test_a_long_title_is_cut(api: BotApi, chat: TelegramChat) -> None:
    """Telegram refuses one of more than 128 units."""
    forum = api.supergroup("Team", forum=True, admin=True)
    await chat.open_topic(inside(forum.id), "d7 · " + "🙂" * 200)
    (topic,) = api.platform.chats[forum.id].topics.values()
    assert len(topic.name) == MAX_TITLE


async def test_there_is_no_topic_in_a_topic_without_the_right_or_without_topics(
    api: BotApi, chat: TelegramChat
) -> None:
    """No error: the work is done where it was asked for."""
    guests, team = api.supergroup("Guests", forum=True), api.supergroup("Team")
    forum = api.supergroup("Forum", forum=True, admin=True)
    topic = forum.opens_topic("work")
    for where in (inside(guests.id), inside(team.id), inside(forum.id, topic)):
        assert await chat.open_topic(where, TITLE) is None
    assert len(api.record.calls(CREATE)) == 2  # in a topic nobody was asked


@pytest.mark.parametrize("fault", [Fault.RATE_LIMIT, Fault.LOSE, Fault.SERVER_ERROR, Fault.APPLY_THEN_DROP])
async def test_a_failure_that_passes_is_no_refusal(fault: Fault, api: BotApi, chat: TelegramChat) -> None:
    """It is tried again; after a broken connection an empty topic may be left."""
    forum = api.supergroup("Team", forum=True, admin=True)
    api.faults.next_calls(fault, method=CREATE)
    with pytest.raises(ChatError) as error:
        await chat.open_topic(inside(forum.id), TITLE)
    assert not error.value.is_final
    assert await chat.open_topic(inside(forum.id), TITLE)


async def test_where_the_bot_was_removed_nothing_is_opened(api: BotApi, chat: TelegramChat) -> None:
    """For good: the post that comes instead meets the same and is seen to."""
    forum = api.supergroup("Team", forum=True, admin=True)
    forum.makes_bot("kicked")
    with pytest.raises(ChatError) as error:
        await chat.open_topic(inside(forum.id), TITLE)
    assert error.value.is_final
    assert error.value.forbidden


async def test_a_group_that_was_given_topics_gets_them_under_its_new_number(api: BotApi) -> None:
    """It became a supergroup; its key here stays what it was, and the link leads to where it is."""
    old = api.group("Team")
    chat = TelegramChat(settings_for(api, old))
    new = old.becomes_supergroup()
    new.chat.forum, new.chat.standing = True, "administrator"
    opened = await chat.open_topic(inside(old.id), TITLE)
    assert opened is not None
    assert opened.address.key.startswith(f"{old.id}/")
    assert f"/c/{str(new.id).removeprefix('-100')}/" in opened.link
    await chat.close()
