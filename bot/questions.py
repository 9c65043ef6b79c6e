"""Questions to people: asked as a row, closed once by the right person, delivered once to the right run.

Whoever answers, parks or finishes locks the dispatch row first, so the two can never miss each other:
a parked dispatch gets its next run from the answerer; a running one is woken and takes the answer, or finds
it in the transaction that parks.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bot import policy, reports
from bot.errors import Refused
from bot.house import House
from bot.lifecycle import next_run, reread
from bot.model.acts import VERDICTS, Act
from bot.model.conversations import Address
from bot.model.dispatches import Dispatch, Run, Status
from bot.model.events import Asked
from bot.model.log import AuditRow
from bot.model.people import Person
from bot.model.posts import ButtonAction, ButtonView, OutboxRow, Post, PostKind, Style
from bot.model.questions import Question, QuestionKind, QuestionState, Reply, Verdict
from bot.outbox import button, post
from bot.ports import Unit

STEERED: Final = "dispatch.steered"
"""The audit's word for somebody's further words to a dispatch."""


async def ask(unit: Unit, house: House, dispatch: Dispatch, run: Run, asked: Asked) -> Question:
    """Keep the question and promise its post; the same request asked again is the same question."""
    known = await unit.find(Question, dispatch=dispatch.id, request=asked.request)
    if known:
        return await _asked_again(unit, house, dispatch, known[0], asked)
    if left := await _left_behind(unit, run, asked):
        return await unit.change(left, request=asked.request)
    settings = house.settings.questions
    number = await unit.next_number("question")
    item = Question(
        id=f"q{number}",
        dispatch=dispatch.id,
        run=run.n,
        conversation=dispatch.conversation,
        kind=asked.kind,
        request=asked.request,
        asks=asked.asks,
        asked_at=house.now(),
        approval=asked.approval,
        default=asked.default,
        remind_at=house.now() + timedelta(seconds=settings.remind_after_s),
        expire_at=house.now() + timedelta(seconds=settings.expire_after_s),
    )
    await unit.add(item)
    await announce(unit, house, item, dispatch)
    return item


async def _left_behind(unit: Unit, run: Run, asked: Asked) -> Question | None:
    """The same question of an attempt that died: its post and an answer that nobody took are still good."""
    if run.attempt == 1:
        return None
    for item in await unit.find(Question, dispatch=run.dispatch, run=run.n):
        same = (item.kind, item.asks, item.approval) == (asked.kind, asked.asks, asked.approval)
        untaken = item.state is QuestionState.ANSWERED and item.delivered_run is None
        if same and (untaken or item.state is QuestionState.OPEN):
            return item
    return None


async def _asked_again(
    unit: Unit, house: House, dispatch: Dispatch, item: Question, asked: Asked
) -> Question:
    """The specialist still waits for what we know: an answer is delivered anew, a used grant never is."""
    item = await unit.change(item, run=dispatch.runs)
    if item.state is QuestionState.OPEN:
        return item
    if item.state is QuestionState.ANSWERED and not item.used:
        return await unit.change(item, delivered_run=None)
    opened = await unit.change(
        item,
        **_fresh(house),
        asks=asked.asks,
        approval=asked.approval,  # what is asked now: the commit may have moved
        reply=None,
        closed_by=None,
        delivered_run=None,
        used=False,
    )
    await announce(unit, house, opened, dispatch)
    return opened


def _fresh(house: House) -> dict[str, Any]:
    """Open from now on, with its reminder and expiry ahead."""
    settings = house.settings.questions
    return {
        "state": QuestionState.OPEN,
        "closed_at": None,
        "remind_at": house.now() + timedelta(seconds=settings.remind_after_s),
        "expire_at": house.now() + timedelta(seconds=settings.expire_after_s),
        "also_in": None,
    }


async def announce(
    unit: Unit, house: House, item: Question, dispatch: Dispatch, *, where: str = "", head: str = ""
) -> OutboxRow:
    """Post the question, in its own conversation or ``where``, with buttons of its own; every post of it
    works, the first press wins."""
    where, outbox = where or dispatch.conversation, house.new_id()
    buttons = await _buttons(unit, house, item, where, outbox)
    words = "\n\n".join(filter(None, (head, reports.question(item, dispatch))))
    content = Post(words, buttons=buttons, mention=dispatch.person)
    return await post(
        unit,
        house,
        where,
        content,
        PostKind.QUESTION,
        dispatch=dispatch.id,
        question=item.id,
        id=outbox,
    )


async def _buttons(
    unit: Unit, house: House, item: Question, where: str, outbox: str
) -> tuple[ButtonView, ...]:
    async def one(
        action: ButtonAction, label: str, style: Style = Style.PLAIN, argument: str = ""
    ) -> ButtonView:
        return await button(
            unit,
            house,
            where,
            action,
            item.id,
            label,
            argument=argument,
            style=style,
            outbox=outbox,
            expires_at=item.expire_at,
        )

    if item.kind is QuestionKind.APPROVAL:
        return (
            await one(ButtonAction.GRANT, "Allow once", Style.PRIMARY),
            await one(ButtonAction.DENY, "Deny", Style.DANGER),
        )
    first = item.asks[0]
    if len(item.asks) > 1 or first.multiple:
        return (await one(ButtonAction.WRITE, "Answer", Style.PRIMARY),)
    return tuple(
        [
            await one(ButtonAction.ANSWER, option.label, argument=json.dumps({first.key: option.label}))
            for option in first.options
        ]
    )


async def refusal(
    unit: Unit, house: House, person: Person, act: Act, item: Question, place: Address | None = None
) -> str | None:
    """Why the person may not do that to the question, as a sentence; None when they may."""
    dispatch = await reread(unit, item.dispatch)
    askers = await asked_by(unit, dispatch) if act is Act.GRANT else frozenset[str]()
    object = policy.of_question(item, dispatch, place, askers)
    return policy.authorize(house.settings, person, act, object)


async def asked_by(unit: Unit, dispatch: Dispatch) -> frozenset[str]:
    """Everybody whose words the dispatch works on: the first ones, and all that were added."""
    added = await unit.find(AuditRow, action=STEERED, object=dispatch.id)
    return frozenset({dispatch.person, *(row.person for row in added)})


async def close(
    unit: Unit, house: House, question_id: str, reply: Reply, person: Person, place: Address | None = None
) -> Question:
    """Record the first answer and see to its delivery; raises Refused with the sentence for the person."""
    item = await unit.get(Question, question_id)
    if item is None:
        raise Refused(f"There is no question {question_id}.")
    dispatch = await reread(unit, item.dispatch)  # the dispatch first, then the question: always this order
    item = await unit.get(Question, question_id, lock=True) or item
    act = VERDICTS[reply.verdict]
    if (item.kind is QuestionKind.APPROVAL) is (act is Act.ANSWER):
        raise Refused(f"{item.id} is {'an approval' if item.approval else 'a question'}.")
    if why := await refusal(unit, house, person, act, item, place):
        await _audit(unit, house, person, "refused", item)
        raise NotYours(why)
    if item.state is not QuestionState.OPEN:
        raise Refused(f"{item.id} is closed already ({reports.verdict_words(item.reply) or item.state}).")
    closed = await unit.change(
        item,
        state=QuestionState.ANSWERED,
        reply=replace(reply, by=person.name),
        closed_by=person.id,
        closed_at=house.now(),
    )
    await _audit(unit, house, person, reply.verdict, closed)
    await show_closed(unit, house, closed, person.name)
    if dispatch.status is Status.PARKED:
        await deliver_by_next_run(unit, house, dispatch, closed)
    return closed


class NotYours(Refused):
    """The person lacks the right; the question stays open for those who have it."""


async def deliver_by_next_run(unit: Unit, house: House, dispatch: Dispatch, item: Question) -> None:
    """The second compare-and-set: the answer belongs to run n + 1 from now on."""
    await unit.change(item, delivered_run=dispatch.runs + 1)
    await next_run(unit, house, dispatch, question=item.id)


async def _audit(unit: Unit, house: House, person: Person, action: str, item: Question) -> None:
    detail = item.approval.hash if item.approval else ""
    await unit.add(
        AuditRow(
            house.new_id(), house.now(), person.id, f"question.{action}", f"{item.dispatch}/{item.id}", detail
        )
    )


async def show_closed(unit: Unit, house: House, item: Question, by: str) -> None:
    """Redraw every post of the question without buttons."""
    content = Post(reports.closed_question(item, by), silent=True)
    for row in await unit.find(OutboxRow, question=item.id, edits=None):
        await post(
            unit,
            house,
            row.conversation,
            content,
            PostKind.QUESTION,
            dispatch=item.dispatch,
            question=item.id,
            edits=row.id,
        )


async def open_in(unit: Unit, conversation: str) -> list[Question]:
    """What was asked there and what somebody was reminded of there."""
    asked = await unit.find(Question, conversation=conversation, state=QuestionState.OPEN)
    also = await unit.find(Question, also_in=conversation, state=QuestionState.OPEN)
    return [*asked, *also]


async def open_questions(unit: Unit, dispatch: Dispatch) -> list[Question]:
    return await unit.find(Question, dispatch=dispatch.id, state=QuestionState.OPEN)


async def withdraw_questions(unit: Unit, house: House, dispatch: Dispatch) -> None:
    """Nobody waits for these answers any more; their buttons go."""
    for item in await open_questions(unit, dispatch):
        closed = await unit.change(item, state=QuestionState.WITHDRAWN, closed_at=house.now())
        await show_closed(unit, house, closed, "")


async def remind(unit: Unit, house: House, item: Question, dispatch: Dispatch) -> None:
    """The one reminder, in the question's own conversation, where its buttons are."""
    await unit.change(item, remind_at=None)
    words = f"{reports.still_open(item, house.now())}: {item.text}"
    content = Post(words, mention=dispatch.person)
    await post(
        unit, house, item.conversation, content, PostKind.NOTICE, dispatch=dispatch.id, question=item.id
    )


async def expire(unit: Unit, house: House, item: Question) -> None:
    """Take the stated default, or leave the dispatch parked with [Ask again] [Close]."""
    dispatch = await reread(unit, item.dispatch)
    if item.default is not None:
        reply = Reply(Verdict.ANSWERED, {item.asks[0].key: item.default}, by="the stated default")
        closed = await unit.change(item, state=QuestionState.ANSWERED, reply=reply, closed_at=house.now())
        await show_closed(unit, house, closed, "the stated default, as nobody answered in time")
        if dispatch.status is Status.PARKED:
            await deliver_by_next_run(unit, house, dispatch, closed)
        return
    closed = await unit.change(item, state=QuestionState.EXPIRED, closed_at=house.now())
    await show_closed(unit, house, closed, "")
    outbox = house.new_id()
    buttons = (
        await button(
            unit, house, item.conversation, ButtonAction.ASK_AGAIN, item.id, "Ask again", outbox=outbox
        ),
        await button(unit, house, item.conversation, ButtonAction.CLOSE, item.id, "Close", outbox=outbox),
    )
    words = f"Nobody answered **{item.id}** in time. {dispatch.id} stays parked at no cost."
    await post(
        unit,
        house,
        item.conversation,
        Post(words, buttons=buttons),
        PostKind.RESULT,
        dispatch=dispatch.id,
        id=outbox,
    )


async def ask_again(unit: Unit, house: House, item: Question) -> None:
    """Open an expired question once more, with fresh times and buttons."""
    dispatch = await reread(unit, item.dispatch)
    opened = await unit.change(item, **_fresh(house))
    await announce(unit, house, opened, dispatch)
