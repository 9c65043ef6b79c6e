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

from bot import approvals, policy, reports
from bot.errors import Refused
from bot.house import House
from bot.lifecycle import next_run, reread
from bot.model.acts import VERDICTS, Act
from bot.model.conversations import Address, Conversation
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

OTHER: Final = "Other…"
"""Opens a form for words of one's own."""


async def ask(unit: Unit, house: House, dispatch: Dispatch, run: Run, asked: Asked) -> Question:
    """Keep the question and promise its post; the same request asked again is the same question."""
    before = await unit.find(Question, dispatch=dispatch.id, request=asked.request)
    if before and not _is_same(before[0], asked):
        return await _asked_anew(unit, house, dispatch, before[0], asked)
    if asked.approval and (item := await approvals.known(unit, house, dispatch, run, asked, asked.approval)):
        return item
    if before:
        return await _asked_again(unit, house, dispatch, before[0], asked)
    if left := await _left_behind(unit, run, asked):
        return await unit.change(left, request=asked.request)
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
        state=QuestionState.HELD,
    )
    await unit.add(item)
    return await _open(unit, house, dispatch, item)


def _is_same(item: Question, asked: Asked) -> bool:
    return (item.kind, item.asks, item.approval) == (asked.kind, asked.asks, asked.approval)


async def _left_behind(unit: Unit, run: Run, asked: Asked) -> Question | None:
    """The same question of an attempt that died: its post and an answer that nobody took are still good."""
    if run.attempt == 1:
        return None
    for item in await unit.find(Question, dispatch=run.dispatch, run=run.n):
        untaken = item.state is QuestionState.ANSWERED and item.delivered_run is None
        if _is_same(item, asked) and (untaken or item.state is QuestionState.OPEN):
            return item
    return None


async def _asked_again(
    unit: Unit, house: House, dispatch: Dispatch, item: Question, asked: Asked
) -> Question:
    """The specialist still waits for what we know: an answer is delivered anew, a used grant never is."""
    item = await unit.change(item, run=dispatch.runs)
    if item.state in approvals.UNDECIDED:
        return item
    if item.state is QuestionState.ANSWERED and not item.used:
        return await unit.change(item, delivered_run=None)
    return await _asked_anew(unit, house, dispatch, item, asked)


async def _asked_anew(unit: Unit, house: House, dispatch: Dispatch, item: Question, asked: Asked) -> Question:
    """What is asked now, of people who have not decided about it: the call, or its commit, may be another."""
    if item.state is QuestionState.OPEN:
        await _redraw(unit, house, item, reports.superseded_question(item))
    anew = await unit.change(
        item,
        run=dispatch.runs,
        state=QuestionState.HELD,
        kind=asked.kind,
        asks=asked.asks,
        approval=asked.approval,
        default=asked.default,
        reply=None,
        closed_by=None,
        closed_at=None,
        delivered_run=None,
        used=False,
    )
    return await _open(unit, house, dispatch, anew)


async def _open(unit: Unit, house: House, dispatch: Dispatch, item: Question) -> Question:
    """Show a held question, unless people have enough of this dispatch before them."""
    if item.kind is QuestionKind.APPROVAL and not await approvals.may_be_shown(unit, house, dispatch):
        await approvals.say_how_many_wait(unit, dispatch.id)
        return item
    opened = await unit.change(item, **_fresh(house))
    await announce(unit, house, opened, dispatch)
    return opened


async def _open_held(unit: Unit, house: House, dispatch_id: str) -> None:
    """One was closed: the oldest that is held takes its place."""
    waiting = await approvals.held(unit, dispatch_id)
    if waiting:
        await _open(unit, house, await reread(unit, dispatch_id), waiting[0])
        await approvals.say_how_many_wait(unit, dispatch_id)


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
        shown = item.approval.hash if item.approval else ""
        return (
            await one(ButtonAction.GRANT, "Allow once", Style.PRIMARY, shown),
            await one(ButtonAction.GRANT_SESSION, "Allow for this session", Style.PLAIN, shown),
            await one(ButtonAction.DENY, "Deny", Style.DANGER, shown),
            await one(ButtonAction.DENY_WHY, "Deny and say why", Style.PLAIN, shown),
        )
    first = item.asks[0]
    if len(item.asks) > 1 or first.multiple:
        return (await one(ButtonAction.WRITE, "Answer", Style.PRIMARY),)
    options = [
        await one(ButtonAction.ANSWER, option.label, argument=json.dumps({first.key: option.label}))
        for option in first.options
    ]
    place = await unit.get(Conversation, where)
    if options and place is not None and place.chat not in house.local_chats:  # there one simply types
        options.append(await one(ButtonAction.WRITE, OTHER))
    return tuple(options)


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
    unit: Unit,
    house: House,
    question_id: str,
    reply: Reply,
    person: Person,
    place: Address | None = None,
    *,
    shown: str | None = None,
) -> Question:
    """Record the first answer and see to its delivery; raises Refused with the sentence for the person.

    ``shown`` is the hash of the call that the person saw; a grant without one is none.
    """
    item = await unit.get(Question, question_id)
    if item is None:
        raise Refused(f"There is no question {question_id}.")
    dispatch = await reread(unit, item.dispatch)  # the dispatch first, then the question: always this order
    item = await unit.get(Question, question_id, lock=True) or item
    act = VERDICTS[reply.verdict]
    if (item.kind is QuestionKind.APPROVAL) is (act is Act.ANSWER):
        raise Refused(f"{item.id} is {'an approval' if item.approval else 'a question'}.")
    if why := await refusal(unit, house, person, act, item, place):
        await approvals.audit(unit, house, person.id, "question.refused", item)
        raise NotYours(why)
    if item.state is QuestionState.HELD:
        raise Refused(f"{item.id} is asked once an open approval of {item.dispatch} is decided.")
    if item.state is not QuestionState.OPEN:
        raise Refused(f"{item.id} is closed already ({reports.verdict_words(item.reply) or item.state}).")
    if item.kind is QuestionKind.APPROVAL and (reply.verdict is Verdict.GRANTED or shown is not None):
        await approvals.refuse_unseen(unit, house, person, item, shown or "")
    binds = item.approval.hash if item.approval else ""
    closed = await unit.change(
        item,
        state=QuestionState.ANSWERED,
        reply=replace(reply, by=person.name, binds=binds),
        closed_by=person.id,
        closed_at=house.now(),
    )
    await _closed(unit, house, closed, person)
    if dispatch.status is Status.PARKED:
        await deliver_by_next_run(unit, house, await reread(unit, dispatch.id), closed)
    return closed


async def _closed(unit: Unit, house: House, item: Question, person: Person) -> None:
    """What follows from an answer whether or not its dispatch runs."""
    assert item.reply is not None  # noqa: S101  it was just recorded
    for_session = item.reply.session and item.reply.verdict is Verdict.GRANTED
    await approvals.audit(
        unit, house, person.id, f"question.{item.reply.verdict}{'_for_session' if for_session else ''}", item
    )
    await show_closed(unit, house, item, person.name)
    if for_session:
        await approvals.keep_for_session(unit, house, item, person)
    await _open_held(unit, house, item.dispatch)


class NotYours(Refused):
    """The person lacks the right; the question stays open for those who have it."""


async def deliver_by_next_run(unit: Unit, house: House, dispatch: Dispatch, item: Question) -> None:
    """The second compare-and-set: the answer belongs to run n + 1 from now on."""
    await unit.change(item, delivered_run=dispatch.runs + 1)
    await next_run(unit, house, dispatch, question=item.id)


async def show_closed(unit: Unit, house: House, item: Question, by: str) -> None:
    """Redraw every post of the question without buttons."""
    await _redraw(unit, house, item, reports.closed_question(item, by))


async def _redraw(unit: Unit, house: House, item: Question, words: str) -> None:
    for row in await unit.find(OutboxRow, question=item.id, edits=None):
        await post(
            unit,
            house,
            row.conversation,
            Post(words, silent=True),
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
    for item in await unit.find(Question, dispatch=dispatch.id, state=approvals.UNDECIDED):
        closed = await unit.change(item, state=QuestionState.WITHDRAWN, closed_at=house.now())
        await show_closed(unit, house, closed, "")
    await approvals.say_how_many_wait(unit, dispatch.id)


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
    await _open_held(unit, house, item.dispatch)
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
    await _open(unit, house, dispatch, await unit.change(item, state=QuestionState.HELD))
