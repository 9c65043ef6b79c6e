"""What people do to a dispatch (follow up, stop, cancel, retry, continue), in the caller's transaction.

Every function returns the sentence to say, empty when the card and the posts say it already.
"""

from __future__ import annotations

from bot import itemising, model_choice, reports, result_cache, specs
from bot.admission import admit
from bot.answers import reply_to
from bot.errors import Refused
from bot.house import House
from bot.lifecycle import change, next_run, reread
from bot.model.conversations import Message
from bot.model.dispatches import LIVE, Dispatch, Note, Run, RunState, Session, Status
from bot.model.log import AuditRow
from bot.model.questions import Question, QuestionKind, QuestionState, Reply, Verdict
from bot.ports import COMPACT, Ability, Unit
from bot.questions import STEERED, deliver_by_next_run, open_questions, withdraw_questions


async def follow_up(unit: Unit, house: House, dispatch: Dispatch, message: Message, text: str) -> str:
    """A person's further words: resumes an ended session, waits beside a busy one."""
    await _audit_words(unit, house, dispatch, message)
    match dispatch.status:
        case Status.CANCELLED:
            return f"{dispatch.id} was cancelled for good; start new work instead."
        case Status.DONE | Status.FAILED | Status.STOPPED:
            await next_run(unit, house, dispatch, prompt=text)
            return ""
        case Status.PARKED if not await open_questions(unit, dispatch):
            await _resume_parked(unit, house, dispatch, message, text)
            return ""
        case _:
            await unit.add(Note(house.new_id(), dispatch.id, message.id, text, house.now()))
            return f"Noted for {dispatch.id}; it is passed on as soon as it can be read."


async def _audit_words(unit: Unit, house: House, dispatch: Dispatch, message: Message) -> None:
    """Somebody else's words make the work theirs too: four eyes look for them here."""
    if message.person and message.person != dispatch.person:
        await unit.add(
            AuditRow(
                house.new_id(), house.now(), message.person, STEERED, dispatch.id, f"message {message.id}"
            )
        )


async def _resume_parked(unit: Unit, house: House, dispatch: Dispatch, message: Message, text: str) -> None:
    """An expired question is answered with the person's words; a limit is simply passed."""
    expired = await unit.find(
        Question, dispatch=dispatch.id, state=QuestionState.EXPIRED, newest=True, limit=1
    )
    if not expired:
        await next_run(unit, house, dispatch, prompt=text)
        return
    item = await unit.change(
        expired[0],
        state=QuestionState.ANSWERED,
        reply=_late_reply(expired[0], text),
        closed_by=message.person,
        closed_at=house.now(),
    )
    await deliver_by_next_run(unit, house, dispatch, item)


def _late_reply(item: Question, text: str) -> Reply:
    """Words never grant: for an approval they are a refusal with a comment."""
    if item.kind is QuestionKind.APPROVAL:
        return Reply(Verdict.DENIED, {}, text)
    return reply_to(item, text, "")


async def request_end(unit: Unit, house: House, dispatch: Dispatch, how: str) -> str:
    """Stop ("stop": the session stays) or end for good ("cancel"); in effect when the transaction commits.

    A running process is told afterwards; what has not begun never begins.
    """
    target = Status.STOPPED if how == "stop" else Status.CANCELLED
    await _drop_notes(unit, dispatch)
    match dispatch.status:
        case Status.WAITING | Status.PARKED:
            await _end_held_runs(unit, house, dispatch)
            await withdraw_questions(unit, house, dispatch)
            fresh = await reread(unit, dispatch.id)
            over = await change(unit, fresh, status=target, park_reason=None, resume_at=None, cancel=None)
            await result_cache.ended(unit, house, over)
            await admit(unit, house)
            return f"{dispatch.id} {target}."
        case Status.RUNNING:
            await change(unit, dispatch, cancel=how)
            return f"Stopping {dispatch.id}." if how == "stop" else f"Cancelling {dispatch.id}."
        case Status.STOPPED | Status.FAILED | Status.DONE if how == "cancel":
            await change(unit, dispatch, status=Status.CANCELLED)
            return f"{dispatch.id} cancelled; its session will not be resumed."
        case _:
            return f"{dispatch.id} is not running ({reports.status_words(dispatch)})."


async def compact(unit: Unit, house: House, dispatch: Dispatch) -> str:
    """One short run that makes the session shorter; said to the specialists that know how."""
    if house.can(dispatch.specialist, Ability.COMPACT) is False:
        return f"{dispatch.specialist} cannot compact a session; `/new` begins a fresh one."
    session = await unit.get(Session, dispatch.session) if dispatch.session else None
    if session is None or not session.started or dispatch.status is Status.CANCELLED:
        return f"{dispatch.id} has no session to compact."
    if dispatch.status in LIVE:
        return f"{dispatch.id} is {reports.status_words(dispatch)}; ask again when that has ended."
    await next_run(unit, house, dispatch, prompt=COMPACT)
    return ""


async def _drop_notes(unit: Unit, dispatch: Dispatch) -> None:
    """What was said before a stop and nobody has read is not said later, out of the blue."""
    for note in await unit.find(Note, dispatch=dispatch.id, read=False):
        await unit.change(note, read=True)


async def _end_held_runs(unit: Unit, house: House, dispatch: Dispatch) -> None:
    for run in await unit.find(Run, dispatch=dispatch.id, state=RunState.HELD):
        await unit.change(run, state=RunState.FINISHED, outcome="stopped", ended_at=house.now())


async def retry(unit: Unit, house: House, dispatch: Dispatch, *, rest: bool = False) -> str:
    """Try a failed, stopped or limited dispatch again, in its session when there is one."""
    if dispatch.status is Status.DONE and await itemising.some_failed(unit, dispatch.id):
        await next_run(unit, house, dispatch, prompt=itemising.AGAIN)
        return ""
    if dispatch.status not in (Status.FAILED, Status.STOPPED, Status.PARKED):
        return f"{dispatch.id} has nothing to retry ({reports.status_words(dispatch)})."
    if await open_questions(unit, dispatch):
        return f"{dispatch.id} waits for an answer; answer it, or stop it first."
    session = await unit.get(Session, dispatch.session) if dispatch.session else None
    if rest:
        prompt = specs.rest_prompt(dispatch)
    elif session and session.started:
        prompt = specs.retry_prompt(dispatch)
    else:
        prompt = specs.as_prompt(dispatch.spec)
    await next_run(unit, house, dispatch, prompt=prompt)
    return ""


async def use_model(unit: Unit, house: House, dispatch: Dispatch, name: str) -> str:
    """Try it again with another model of the file; raises Refused when that is not there any more."""
    _, row = model_choice.row_of(house.settings, name)
    if not model_choice.takes(house.settings, dispatch.project, row.model):
        raise Refused(f"{dispatch.specialist} does not run {name} any more.")
    if dispatch.status not in (Status.FAILED, Status.PARKED):
        return f"{dispatch.id} has nothing to retry ({reports.status_words(dispatch)})."
    changed = await change(unit, dispatch, model=name)
    return await (go_on if changed.status is Status.PARKED else retry)(unit, house, changed)


async def go_on(unit: Unit, house: House, dispatch: Dispatch, *, max_usd: float | None = None) -> str:
    """Continue a dispatch that is parked at a limit or for its provider; ``max_usd``: of its next run."""
    if dispatch.status is not Status.PARKED or await open_questions(unit, dispatch):
        return f"{dispatch.id} does not wait for that ({reports.status_words(dispatch)})."
    await next_run(unit, house, dispatch, prompt=specs.GO_ON, max_usd=max_usd)
    return ""
