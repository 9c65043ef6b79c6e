"""One person with Slack and Telegram: the same work in both, and it goes on where they are."""

from __future__ import annotations

from pathlib import Path

from adapters.chats.telegram.chat import TelegramChat
from adapters.rehearsal.bot_api import BotApi, Person, Rules
from adapters.rehearsal.slack_api import SlackApi
from bot.model.people import Role
from tests.slack_chats import RULES
from tests.slack_house import house_on
from tests.telegram_chats import settings_for


async def until_seen(api: BotApi, ann: Person, words: str) -> None:
    await api.record.until(lambda: any(words in each.text for each in ann.sees() if each.by_bot), 60.0)


def offers(ann: Person, label: str) -> bool:
    return any(label in row for each in ann.sees() for row in each.buttons)


async def test_work_of_slack_is_seen_moved_and_answered_on_telegram(tmp_path: Path) -> None:
    """The question is asked anew there with buttons of its own; Slack's thread says where it went."""
    async with SlackApi(RULES) as slack, BotApi(Rules()) as api:
        ann, phone = slack.person("Ann"), api.person("Ann", 4711)
        team = slack.channel("team", ann)
        telegram = TelegramChat(settings_for(api))
        others = {"telegram": (telegram, {"ann": 4711})}
        async with house_on(slack, tmp_path, (ann, Role.USER), others=others) as house:
            thread = ann.mentions("fix the server in server.py", team)
            await house.until_shown("Which port?", team, thread)
            phone.writes("status")
            await until_seen(api, phone, "fix the server in server.py")
            phone.writes("/move d1 here")
            await api.record.until(lambda: offers(phone, "9090"), 60.0)
            phone.presses("9090")
            await until_seen(api, phone, "It listens on 9090.")
            await house.until_shown("telegram", team, thread)
            assert "It listens on 9090." not in house.reads(team, thread)
        await telegram.close()
