"""Approvals that people keep on: asked once, decided about exactly what was shown, a few at a time.

::

    Asked ──▶ the session may repeat it ───────────▶ answered at once, no post
          ──▶ denied in this run ──────────────────▶ the same denial, no post
          ──▶ open already ────────────────────────▶ joined: one post, one press
          ──▶ as many are open as people can read ─▶ held, with a word on the card
          ──▶ else ────────────────────────────────▶ a post with buttons (``questions``)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot import reports
from bot.errors import Refused
from bot.house import House
from bot.lifecycle import change, reread
from bot.model.dispatches import Dispatch, Run
from bot.model.events import Asked, Event
from bot.model.grants import SessionGrant
from bot.model.log import AuditRow
from bot.model.people import Person
from bot.model.posts import Button, ButtonAction, OutboxRow, OutboxState
from bot.model.questions import Approval, Question, QuestionKind, QuestionState, Reply, Verdict, approval_of
from bot.ports import Unit
from bot.shown import LEAST_SHOWN

UNDECIDED: Final = (QuestionState.OPEN, QuestionState.HELD)


def bound(event: Event) -> Event:
    """A request with a hash of our own reckoning: what a specialist says about it binds nobody."""
    if not isinstance(event, Asked) or event.approval is None:
        return event
    told = event.approval
    return replace(event, approval=approval_of(told.tool, told.input, told.directory, told.commit))


# ── asked once ───────────────────────────────────────────────────────────────────────────────────────────


async def known(
    unit: Unit, house: House, dispatch: Dispatch, run: Run, asked: Asked, approval: Approval
) -> Question | None:
    """The question that stands for exactly this call already, now asked under this request."""
    if item := await _session_granted(unit, house, dispatch, run, asked, approval):
        return item
    for item in reversed(await unit.find(Question, dispatch=dispatch.id)):
        if item.kind is not QuestionKind.APPROVAL or item.approval != approval:
            continue
        if item.state in UNDECIDED or _is_untaken(item):
            return await unit.change(item, request=asked.request, run=run.n)
        if _denied_in(item, run):
            await audit(unit, house, item.closed_by or "", "question.denied_again", item)
            return await unit.change(item, request=asked.request, run=run.n, delivered_run=None)
    return None


def _is_untaken(item: Question) -> bool:
    return item.state is QuestionState.ANSWERED and item.delivered_run is None and not item.used


def _denied_in(item: Question, run: Run) -> bool:
    """Asked or told in this run; a later run, with other words before it, may ask a person anew."""
    denied = item.reply is not None and item.reply.verdict is Verdict.DENIED
    return denied and run.n in (item.run, item.delivered_run)


# ── for this session ─────────────────────────────────────────────────────────────────────────────────────


async def keep_for_session(unit: Unit, house: House, item: Question, person: Person) -> None:
    """From now on exactly this call passes in this dispatch without a person."""
    assert item.approval is not None  # noqa: S101  only approvals have such a button
    id = _grant_id(item.dispatch, item.approval)
    if await unit.get(SessionGrant, id) is None:
        await unit.add(SessionGrant(id, item.dispatch, item.approval.hash, item.id, person.id, house.now()))
    dispatch = await reread(unit, item.dispatch)
    await change(unit, dispatch, notes=(*dispatch.notes, reports.allowed_again(item, person.name)))


async def _session_granted(
    unit: Unit, house: House, dispatch: Dispatch, run: Run, asked: Asked, approval: Approval
) -> Question | None:
    """The grant's own question, answered anew; nothing passes any more once the dispatch is to end."""
    grant = await unit.get(SessionGrant, _grant_id(dispatch.id, approval))
    item = await unit.get(Question, grant.question) if grant else None
    if grant is None or item is None or item.approval != approval or dispatch.cancel:
        return None
    reply = Reply(Verdict.GRANTED, {}, by=item.reply.by if item.reply else "", binds=grant.hash, session=True)
    passed = await unit.change(
        item,
        request=asked.request,
        run=run.n,
        state=QuestionState.ANSWERED,
        reply=reply,
        closed_by=grant.granted_by,
        closed_at=house.now(),
        delivered_run=None,
        used=False,
    )
    await audit(unit, house, grant.granted_by, "question.granted_again", passed)
    return passed


def _grant_id(dispatch: str, approval: Approval) -> str:
    return f"{dispatch}:{approval.hash}"


# ── a few at a time ──────────────────────────────────────────────────────────────────────────────────────


async def may_be_shown(unit: Unit, house: House, dispatch: Dispatch) -> bool:
    """Whether people can read one more of this dispatch."""
    open_ = await unit.find(
        Question, dispatch=dispatch.id, kind=QuestionKind.APPROVAL, state=QuestionState.OPEN
    )
    return len(open_) < house.settings.questions.open_approvals


async def held(unit: Unit, dispatch_id: str) -> list[Question]:
    """Oldest first."""
    return await unit.find(Question, dispatch=dispatch_id, state=QuestionState.HELD)


async def say_how_many_wait(unit: Unit, dispatch_id: str) -> None:
    """One line on the card while some are held, none otherwise."""
    dispatch = await reread(unit, dispatch_id)
    count = len(await held(unit, dispatch_id))
    notes = [line for line in dispatch.notes if not line.endswith(_WAIT)]
    if count:
        which = "1 more approval" if count == 1 else f"{count} more approvals"
        notes.append(f"{which}{_WAIT}")
    if tuple(notes) != dispatch.notes:
        await change(unit, dispatch, notes=tuple(notes))


_WAIT: Final = " will be asked for once an open one is decided."


# ── exactly what was shown ───────────────────────────────────────────────────────────────────────────────


async def last_shown(unit: Unit, item: Question) -> str:
    """The hash behind the newest post of the question that arrived; empty when none has."""
    rows = await unit.find(OutboxRow, question=item.id, state=OutboxState.SENT, edits=None)
    for row in sorted(rows, key=lambda row: row.created_at, reverse=True):
        for button in await unit.find(Button, outbox=row.id, action=ButtonAction.GRANT):
            return button.argument
    return ""


async def refuse_unseen(unit: Unit, house: House, person: Person, item: Question, shown: str) -> None:
    """Raises Refused unless ``shown``, a hash or its beginning, is that of the call as it is now."""
    actual = item.approval.hash if item.approval else ""
    if len(shown) >= LEAST_SHOWN and actual.startswith(shown):
        return
    await audit(unit, house, person.id, "question.stale", item)
    if not shown:
        raise Unseen(f"{item.id} has not been shown yet; look at its post, then decide.")
    raise Unseen(f"{item.id} asks for something else by now: nothing was decided. Look at its newest post.")


class Unseen(Refused):
    """The decision was about something else than what would run."""


async def audit(unit: Unit, house: House, person: str, action: str, item: Question) -> None:
    detail = item.approval.hash if item.approval else ""
    await unit.add(
        AuditRow(house.new_id(), house.now(), person, action, f"{item.dispatch}/{item.id}", detail)
    )
