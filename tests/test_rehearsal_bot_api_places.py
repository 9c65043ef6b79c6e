"""Groups, topics and channels of the rehearsed Bot API, with the turns that break real bots."""

from __future__ import annotations

import pytest
from telegram import Bot, MessageOriginUser
from telegram.error import BadRequest, ChatMigrated, Forbidden

from adapters.rehearsal.bot_api import BotApi, Fault, Impossible, Rules
from tests.bots import bot_on

ANN = 4711


async def heard(bot: Bot) -> list[str]:
    """Texts of everything new; nothing is left for the next call."""
    updates = await bot.get_updates()
    if updates:
        await bot.get_updates(offset=updates[-1].update_id + 1)
    return [update.effective_message.text or "" for update in updates if update.effective_message]


async def test_privacy_lets_a_bot_hear_what_is_meant_for_it() -> None:
    """Commands, mentions and answers; everything once it is an administrator."""
    async with BotApi() as api, bot_on(api) as bot:
        ann, team = api.person("Ann", ANN), api.group("Team")
        ours = await bot.send_message(team.id, "Morning.")
        for text in ("lunch?", "/status", "/status@other_bot", "/status@frontdesk_bot", "hi @frontdesk_bot!"):
            ann.writes(text, team)
        ann.writes("an answer", team, reply_to=ours.message_id)
        assert await heard(bot) == ["/status", "/status@frontdesk_bot", "hi @frontdesk_bot!", "an answer"]
        team.makes_bot("administrator")
        ann.writes("lunch now?", team)
        assert "lunch now?" in await heard(bot)


async def test_general_has_no_thread_id_when_sending() -> None:
    """NousResearch/hermes-agent#27012: General arrives as 1, and 1 is refused."""
    async with BotApi() as api, bot_on(api) as bot:
        ann, forum = api.person("Ann", ANN), api.supergroup("Team", forum=True, admin=True)
        ann.writes("in General", forum, thread=1)
        [update] = await bot.get_updates()
        assert update.message is not None
        assert update.message.message_thread_id == 1
        with pytest.raises(BadRequest, match="Message thread not found"):
            await bot.send_message(forum.id, "x", message_thread_id=1)
        assert (await bot.send_message(forum.id, "x")).message_thread_id is None
        answer = await bot.send_message(forum.id, "x", reply_to_message_id=update.message.message_id)
        assert answer.message_thread_id is None


async def test_a_closed_topic_is_for_administrators() -> None:
    """A guest's post there is refused."""
    async with BotApi() as api, bot_on(api) as bot:
        forum = api.supergroup("Team", forum=True)
        topic = forum.opens_topic("Old")
        await bot.send_message(forum.id, "x", message_thread_id=topic)
        forum.closes_topic(topic)
        with pytest.raises(BadRequest, match=r"(?i)topic_closed"):
            await bot.send_message(forum.id, "x", message_thread_id=topic)


async def test_what_a_topic_holds_answers_the_message_that_opened_it() -> None:
    """In a forum every message has a reply_to_message; in private topics and General it may have none."""
    async with BotApi(Rules(privacy=False, topics_in_private=True)) as api, bot_on(api) as bot:
        ann, forum = api.person("Ann", ANN), api.supergroup("Team", forum=True)
        topic = forum.opens_topic("d7")
        ann.writes("go on", forum, thread=topic)
        ann.writes("here too", thread=ann.opens_topic("d8"))
        there, _, here = [update.message for update in await bot.get_updates()][-3:]
        assert there is not None
        assert there.reply_to_message is not None
        assert there.reply_to_message.forum_topic_created is not None
        assert here is not None
        assert here.reply_to_message is None


async def test_a_bot_can_look_around_and_leave() -> None:
    """Chats and members as the client reads them; after logging out every call is refused."""
    async with BotApi() as api, bot_on(api) as bot:
        ann, team = api.person("Ann", ANN), api.group("Team", admin=True)
        ann.writes("hello", team)
        assert (await bot.get_chat(team.id)).title == "Team"
        assert (await bot.get_chat_member(team.id, ann.id)).user.first_name == "Ann"
        assert (await bot.get_chat_member(team.id, bot.id)).status == "administrator"
        assert await bot.log_out()
        with pytest.raises(BadRequest, match="Logged out"):
            await bot.get_me()


async def test_a_topic_lives_and_dies() -> None:
    """tdlib/telegram-bot-api#447 and #798: a topic that is gone is an error, and says so."""
    async with BotApi() as api, bot_on(api) as bot:
        forum = api.supergroup("Team", forum=True, admin=True)
        topic = await bot.create_forum_topic(forum.id, "d7: fix it")
        sent = await bot.send_message(forum.id, "working", message_thread_id=topic.message_thread_id)
        assert sent.message_thread_id == topic.message_thread_id
        assert await bot.edit_forum_topic(forum.id, topic.message_thread_id, name="d7: done")
        with pytest.raises(BadRequest, match=r"(?i)topic_not_modified"):
            await bot.edit_forum_topic(forum.id, topic.message_thread_id, name="d7: done")
        forum.deletes_topic(topic.message_thread_id)
        with pytest.raises(BadRequest, match="Message thread not found"):
            await bot.send_message(forum.id, "done", message_thread_id=topic.message_thread_id)
        with pytest.raises(BadRequest, match=r"(?i)topic_id_invalid"):
            await bot.delete_forum_topic(forum.id, topic.message_thread_id)


async def test_a_deleted_topic_may_post_to_the_main_chat_without_a_word() -> None:
    """tdlib/telegram-bot-api#854: only the thread id of what came back tells."""
    async with BotApi(Rules(topics_in_private=True)) as api, bot_on(api) as bot:
        ann = api.person("Ann", ANN)
        ann.starts()
        topic = await bot.create_forum_topic(ANN, "d7")
        ann.deletes_topic(topic.message_thread_id, silently=True)
        sent = await bot.send_message(ANN, "astray", message_thread_id=topic.message_thread_id)
        assert sent.message_thread_id is None
        another = await bot.create_forum_topic(ANN, "d8")
        api.faults.next_calls(Fault.MAIN_CHAT)
        sent = await bot.send_message(ANN, "astray too", message_thread_id=another.message_thread_id)
        assert sent.message_thread_id is None


async def test_topics_need_a_place_that_has_them_and_the_right() -> None:
    """Neither a private chat without threaded mode, nor a group, nor a forum where the bot is a guest."""
    async with BotApi() as api, bot_on(api) as bot:
        api.person("Ann", ANN).starts()
        for place in (ANN, api.group("Team").id):
            with pytest.raises(BadRequest, match="not a forum"):
                await bot.create_forum_topic(place, "d7")
        with pytest.raises(BadRequest, match="Not enough rights"):
            await bot.create_forum_topic(api.supergroup("Forum", forum=True).id, "d7")
        with pytest.raises(Impossible):
            api.person("Ann", ANN).opens_topic("mine")


async def test_a_chain_of_replies_has_a_thread_id_and_is_no_topic() -> None:
    """In a supergroup without topics; sending with that id is harmless."""
    async with BotApi(Rules(privacy=False)) as api, bot_on(api) as bot:
        ann, team = api.person("Ann", ANN), api.supergroup("Team")
        first = ann.writes("one", team)
        ann.writes("two", team, reply_to=first.id)
        message = (await bot.get_updates())[-1].message
        assert message is not None
        assert (message.message_thread_id, message.is_topic_message) == (first.id, None)
        assert (await bot.send_message(team.id, "x", message_thread_id=first.id)).message_thread_id is None


async def test_a_group_that_was_upgraded_says_where_it_went() -> None:
    """The old id answers with the new one, for ever."""
    async with BotApi() as api, bot_on(api) as bot:
        team = api.group("Team")
        new = team.becomes_supergroup()
        with pytest.raises(ChatMigrated) as moved:
            await bot.send_message(team.id, "x")
        assert moved.value.new_chat_id == new.id
        assert (await bot.send_message(new.id, "x")).chat.id == new.id


async def test_a_bot_that_was_removed_is_told_and_cannot_write() -> None:
    """my_chat_member comes, then every send is refused."""
    async with BotApi() as api, bot_on(api) as bot:
        team = api.supergroup("Team")
        team.makes_bot("kicked")
        [update] = await bot.get_updates()
        assert update.my_chat_member is not None
        assert update.my_chat_member.new_chat_member.status == "kicked"
        with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
            await bot.send_message(team.id, "x")


async def test_who_speaks_may_not_be_who_is_named() -> None:
    """Anonymous administrators, channels and forwarded words look like people to a careless bot."""
    async with BotApi() as api, bot_on(api) as bot:
        ann, bob = api.person("Ann", ANN), api.person("Bob")
        team, news = api.group("Team", admin=True), api.channel("News")
        team.says("as the group")
        news.says("as the channel")
        ann.forwards("rm -rf /", bob)
        anonymous, post, forwarded = await bot.get_updates()
        assert anonymous.message is not None
        assert anonymous.message.from_user is not None
        assert anonymous.message.from_user.is_bot
        assert anonymous.message.sender_chat is not None
        assert anonymous.message.sender_chat.id == team.id
        assert post.channel_post is not None
        assert post.channel_post.from_user is None
        assert forwarded.message is not None
        assert isinstance(forwarded.message.forward_origin, MessageOriginUser)
        assert forwarded.message.forward_origin.sender_user.id == bob.id
