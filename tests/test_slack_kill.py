"""Events come again and out of order, sockets break, the house is killed: each is answered once."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Final

import pytest

from adapters.rehearsal.slack_api import Fault, Faults, Person, SlackApi
from bot.model.conversations import Conversation, Message
from storage.store import SqlStore
from tests.servings import Serving, configure, serving
from tests.slack_chats import RULES

PERSON: Final = '\n[people.p{n}]\nrole = "user"\nslack = "{account}"\n'
MIX: Final = {
    Fault.OK: 12.0,
    Fault.APPLY_THEN_DROP: 1.0,  # only a look at the thread tells whether it arrived
    Fault.LOSE: 1.0,
    Fault.RATE_LIMIT: 0.5,
    Fault.SERVER_ERROR: 0.5,
    Fault.APPLY_THEN_SLOW: 1.0,
}
ANSWER: Final = re.compile(r"There is no dispatch d(\d+)")


class Campaign:
    """People who each write into threads of their own, in private."""

    def __init__(self, slack: SlackApi, random: Random, people: int, events: int) -> None:
        self.slack = slack
        self.people = [slack.person(f"P{n}") for n in range(people)]
        self._random = random
        self._events = events
        self._left = list(range(1, events + 1))
        self._threads: dict[str, str] = {}
        self.repeats = 0
        self.cuts = 0

    def write(self, events: int) -> None:
        """Each asks about a dispatch of its own number, and is delivered up to five times, in any order."""
        now, self._left = self._left[:events], self._left[events:]
        known = set(self.slack.delivery.envelopes)
        for n in now:
            who = self.people[n % len(self.people)]
            thread = self._threads.get(who.id) if n % 3 else None
            ts = who.writes(f"stop d{n}", thread=thread)
            self._threads[who.id] = thread or ts
        fresh = [each for id, each in self.slack.delivery.envelopes.items() if id not in known]
        again = [each for each in fresh for _ in range(self._random.randrange(5))]
        self._random.shuffle(again)
        self.repeats += len(again)
        for envelope in again:
            self.slack.delivery.repeat(envelope)

    def lose(self) -> None:
        """Everybody begins a thread, and Slack gives up before a house is there again."""
        for n, who in enumerate(self.people, self._events + 1):
            who.writes(f"stop d{n}")
        self.slack.delivery.drop()

    def cut(self) -> None:
        self.slack.socket.cut()
        self.cuts += 1

    def answers(self) -> Counter[int]:
        """How often each number was answered, as people see it."""
        shown = [self.slack.workspace.shown(person.private.id) for person in self.people]
        roots = [(person, each) for person, some in zip(self.people, shown, strict=True) for each in some]
        return Counter(n for person, root in roots for n in self.in_thread(person, root.ts))

    def in_thread(self, person: Person, thread: str) -> list[int]:
        posts = [each.text for each in person.sees(thread) if each.user == self.slack.workspace.bot.id]
        return [int(n) for text in posts for n in ANSWER.findall(text)]

    async def until_answered(self, events: int) -> None:
        await self.slack.record.until(lambda: len(self.answers()) >= events, 110.0 + events)


async def as_received(directory: Path) -> dict[str, list[int]]:
    """The numbers of each thread, in the order in which the house took the messages."""
    store = SqlStore(str(directory / "home" / "frontdesk.sqlite3"))
    try:
        async with store.reading() as unit:
            found: dict[str, list[int]] = {}
            for place in await unit.find(Conversation):
                rows = await unit.find(Message, conversation=place.id)
                in_order = sorted(rows, key=lambda row: row.seq)
                found[place.key] = [int(row.text.removeprefix("stop d")) for row in in_order]
            return found
    finally:
        await store.close()


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("events", "kills", "people"), [(12, 1, 4), (500, 10, 50)])
async def test_every_event_is_answered_once(
    events: int, kills: int, people: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Complaint rows 1, 2 and 4: OC #55792, #6917, #87440; look-up by key leaves nothing doubled."""
    random = Random(7)
    async with SlackApi(RULES, faults=Faults(MIX, seed=7)) as slack:
        for name, value in (
            ("SLACK_BOT_TOKEN", slack.bot_token),
            ("SLACK_APP_TOKEN", slack.app_token),
            ("SLACK_API_URL", slack.api_url),
        ):
            monkeypatch.setenv(name, value)
        campaign = Campaign(slack, random, people, events)
        configuration = configure(tmp_path, "")
        with configuration.open("a") as file:
            file.write("\n[chats.slack]\n")
            file.writelines(
                PERSON.format(n=n, account=each.account) for n, each in enumerate(campaign.people)
            )
        for n in range(kills):
            async with serving(configuration) as house:
                campaign.write(events // (kills + 1))
                await some_of_it(campaign, house, random, n)
                await house.kill()
        async with serving(configuration) as house:
            campaign.write(events)
            campaign.cut()
            await campaign.until_answered(events)
            house.terminate()
            await house.ended()
        campaign.lose()
        async with serving(configuration):
            await campaign.until_answered(events + people)
        found = campaign.answers()
        lost = set(range(1, events + people + 1)) - set(found)
        doubled = [n for n, times in found.items() if times > 1]
        print(f"events={events} repeats={campaign.repeats} kills={kills} cuts={campaign.cuts} "
              f"lost={len(lost)} doubled={len(doubled)}")  # fmt: skip
        assert (lost, doubled) == (set(), [])
        received = await as_received(tmp_path)
        for person in campaign.people:
            for root in slack.workspace.shown(person.private.id):
                assert campaign.in_thread(person, root.ts) == received[f"{person.private.id}/{root.ts}"]


async def some_of_it(campaign: Campaign, house: Serving, random: Random, n: int) -> None:
    """Until a part is answered; then the socket breaks, and soon after the house dies."""
    wanted = len(campaign.answers()) + random.randrange(1, 4)
    await campaign.slack.record.until(lambda: len(campaign.answers()) >= wanted, 60.0)
    assert house.process.returncode is None, n
    campaign.cut()
    await asyncio.sleep(random.uniform(0.0, 0.5))
