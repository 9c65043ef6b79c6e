"""What rows and phones say once it is over: everything once, in order, and every answer posted."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.rehearsal.bot_api import BotApi
from bench.kill.evidence import looking
from bench.kill.stage import Stage
from bench.telegram.crowd import Crowd, Said
from bot.model.conversations import Conversation, Message
from bot.model.dispatches import Dispatch
from bot.model.posts import SENT_AGAIN, OutboxRow, OutboxState, PartRow, PostKind

SENDS: Final = "sendMessage"
TAG: Final = re.compile(r"\bt\d+\b")


@dataclass
class Verdict:
    lost: list[str] = field(default_factory=list[str])  # not kept, not answered, not posted
    doubled: list[str] = field(default_factory=list[str])  # handled, begun or promised twice
    misordered: list[str] = field(default_factory=list[str])
    sent_again: int = 0  # as the house counts them
    shown_twice: int = 0  # as people see it

    def failures(self, ambiguous: int) -> list[str]:
        found = [*self.lost, *self.doubled, *self.misordered]
        if self.sent_again > ambiguous:
            found.append(f"{self.sent_again} messages were sent again after {ambiguous} unknown outcomes")
        if self.shown_twice > self.sent_again:
            found.append(f"{self.shown_twice} messages stand there twice; {self.sent_again} were counted")
        return found


async def unknown_outcomes(stage: Stage) -> int:
    """Messages that were tried and of which a house that was just killed could not note what became."""
    async with looking(stage) as unit:
        return sum(part.tries > 0 for part in await unit.find(PartRow, message_id=None))


async def judge(stage: Stage, api: BotApi, crowd: Crowd) -> Verdict:
    async with looking(stage) as unit:
        messages = await unit.find(Message)
        places = {each.id: each.key for each in await unit.find(Conversation)}
        rows = await unit.find(OutboxRow)
        parts = await unit.find(PartRow)
        dispatches = await unit.find(Dispatch)
        again = await unit.reached(SENT_AGAIN)
    verdict = Verdict(sent_again=again)
    verdict.lost += [*_not_posted(rows, parts, places, api), *_not_answered(api, crowd.said)]
    verdict.doubled += _twice(messages, rows, dispatches, crowd.said)
    verdict.misordered += _out_of_order(messages, places, api, crowd.said)
    verdict.shown_twice = sum(n - 1 for n in _sent(api).values())
    return verdict


def _sent(api: BotApi) -> Counter[tuple[str, str]]:
    """How often each text was sent to each chat, as far as it arrived."""
    return Counter(
        (str(call["arguments"]["chat_id"]), call["arguments"]["text"])
        for call in api.record.calls(SENDS)
        if call["outcome"].get("ok") and call["fault"] not in NOT_APPLIED
    )


NOT_APPLIED: Final = ("429", "refuse", "lose", "500", "502")


def _not_posted(
    rows: Sequence[OutboxRow], parts: Sequence[PartRow], places: dict[str, str], api: BotApi
) -> Iterator[str]:
    place_of = {row.id: places[row.conversation] for row in rows}
    yield from (f"{row.kind} {row.id} is {row.state}" for row in rows if row.state is not OutboxState.SENT)
    shown = {key: {str(each.id) for each in api.shown(int(key))} for key in set(place_of.values())}
    for part in parts:
        if part.message_id not in shown[place_of[part.outbox]]:
            yield f"{part.key} is on no phone"


def _not_answered(api: BotApi, said: Sequence[Said]) -> Iterator[str]:
    shown: dict[int, str] = {}
    for one in said:
        if one.person not in shown:
            shown[one.person] = "\n".join(each.text for each in api.shown(one.person) if each.by_bot)
        wanted = [one.answer, f"finished {one.tag} (red)"] if one.work else [one.answer]
        for words in wanted:
            if not re.search(rf"{re.escape(words)}(?!\d)", shown[one.person]):
                yield f"“{words}” is on no phone"


def _twice(
    messages: Sequence[Message],
    rows: Sequence[OutboxRow],
    dispatches: Sequence[Dispatch],
    said: Sequence[Said],
) -> Iterator[str]:
    kept = Counter(tag for message in messages for tag in TAG.findall(message.text))
    told = Counter(row.post.markdown for row in rows if row.kind is PostKind.REPLY and row.edits is None)
    begun = Counter(tag for dispatch in dispatches for tag in TAG.findall(dispatch.title))
    for one in said:
        if kept[one.tag] != 1:
            yield f"{one.tag} was kept {kept[one.tag]} times"
        if told[one.answer] != 1:
            yield f"“{one.answer}” was promised {told[one.answer]} times"
        if begun[one.tag] != one.work:
            yield f"{one.tag} began {begun[one.tag]} dispatches"


def _out_of_order(
    messages: Sequence[Message], places: dict[str, str], api: BotApi, said: Sequence[Said]
) -> Iterator[str]:
    written = defaultdict[str, list[str]](list)
    for one in said:
        written[str(one.person)].append(one.tag)
    kept = defaultdict[str, list[tuple[int, str]]](list)
    for message in messages:
        kept[places[message.conversation]] += [(message.seq, tag) for tag in TAG.findall(message.text)]
    for person, tags in written.items():
        if [tag for _, tag in sorted(kept[person])] != tags:
            yield f"what {person} wrote was kept in another order"
        if _first_answers(api, person) != tags:
            yield f"what {person} wrote was answered in another order"


def _first_answers(api: BotApi, person: str) -> list[str]:
    """The tags of the answers in the order in which they stand there; of one that stands twice, the first."""
    found: dict[str, None] = {}
    for shown in api.shown(int(person)):
        if shown.by_bot and (answer := re.fullmatch(r"(?:heard|on it) (t\d+)", shown.text)):
            found[answer[1]] = None
    return list(found)
