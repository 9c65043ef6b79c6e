"""What a run's events do to its rows: every event is stored before the next is taken.

Each write belongs to one attempt; a write of an attempt that was overtaken raises Conflict and ends it.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

import structlog
from pydantic import TypeAdapter

from bot import (
    budgets,
    gathered,
    itemising,
    model_choice,
    model_settings,
    questions,
    reports,
    result_cache,
    settlement,
    shortage,
    specs,
    telling,
    unattended,
)
from bot.admission import admit
from bot.errors import Conflict, Reason
from bot.house import House
from bot.lifecycle import Offer, change, end_buttons, next_run, reread
from bot.model import events as ev
from bot.model.decisions import Written
from bot.model.dispatches import Dispatch, Note, ParkReason, Run, RunState, Session, Status
from bot.model.log import Blob, EventRow
from bot.model.posts import ButtonAction, FileView, OutboxRow, Post, PostKind
from bot.model.questions import Question, QuestionState
from bot.outbox import post
from bot.ports import Unit

_log = structlog.get_logger("run")


async def fenced(unit: Unit, run_id: str, attempt: int) -> tuple[Run, Dispatch]:
    """The rows of a run, locked, if this attempt still owns them; Conflict otherwise."""
    run = await unit.get(Run, run_id)
    if run is None:
        raise Conflict(f"Run {run_id} is gone.")
    dispatch = await reread(unit, run.dispatch)
    run = await unit.get(Run, run_id, lock=True) or run
    if run.attempt != attempt or run.state is not RunState.RUNNING:
        raise Conflict(f"Run {run_id} goes on elsewhere (attempt {run.attempt}, {run.state}).")
    return run, dispatch


async def keep_event(unit: Unit, house: House, run: Run, seq: int, event: ev.Event) -> None:
    await unit.add(
        EventRow(
            id=f"{run.id}.{run.attempt}.{seq:06d}",
            run=run.id,
            dispatch=run.dispatch,
            attempt=run.attempt,
            seq=seq,
            at=house.now(),
            kind=type(event).__name__,
            data=TypeAdapter(type(event)).dump_json(_as_told(event)).decode(),
        )
    )


def _as_told(event: ev.Event) -> ev.Event:
    """Without what has rows of its own."""
    match event:
        case ev.Made():
            return replace(event, data=b"")
        case ev.Listed():
            return replace(event, items=())
        case _:
            return gathered.without_text(event)


async def record(unit: Unit, house: House, run: Run, dispatch: Dispatch, event: ev.Event) -> None:
    """Apply one event that is not the last."""
    now = house.now()
    match event:
        case ev.Started():
            await _started(unit, house, run, dispatch, event)
        case ev.Said(text=text):
            line = text.strip().split("\n", 1)[0][:120]
            await change(unit, dispatch, activity=line, activity_at=now, silent_since=None)
        case ev.Used(title=title):
            await change(unit, dispatch, activity=title, activity_at=now, silent_since=None)
        case ev.Planned(steps=steps):
            await change(unit, dispatch, steps=steps, activity_at=now, silent_since=None)
        case ev.Spent(usd=usd, context_used=used):
            changes: dict[str, object] = {"context_used": used} if used is not None else {}
            await change(unit, dispatch, running_usd=usd or dispatch.running_usd, **changes)
        case ev.Denied():
            line = f"{event.tool} was denied ({event.what}). {event.remedy}"
            if line not in dispatch.notes:
                await change(unit, dispatch, notes=(*dispatch.notes, line))
        case ev.Asked():
            await questions.ask(unit, house, dispatch, run, event)
            dispatch = await reread(unit, dispatch.id)  # its card may have a new line
            await change(unit, dispatch, activity="asks a question", activity_at=now)
        case ev.Made():
            await _made(unit, house, run, dispatch, event)
        case ev.Fetched() | ev.Noted():
            await gathered.keep(unit, house, run, event)
        case ev.Listed():
            await itemising.listed(unit, house, dispatch, event)
        case ev.Worked():
            await itemising.worked(unit, house, dispatch, event)
        case ev.Noticed():
            await _noticed(unit, house, dispatch, event, now)
        case ev.Parked() | ev.Finished():
            raise AssertionError("the last event has its own transaction")


async def _started(unit: Unit, house: House, run: Run, dispatch: Dispatch, event: ev.Started) -> None:
    await unit.change(run, process=event.process or run.process)
    session = await unit.get(Session, dispatch.session) if dispatch.session else None
    if session is not None and session.id != event.session:  # lost: a fresh one took its place
        await unit.change(session, started=False)
        session = replace(session, id=event.session, started=True, cost_usd=0.0, token=event.token)
        await unit.add(session)
    elif session is not None:
        await unit.change(session, started=True, token=event.token or session.token)
    notes = tuple(dict.fromkeys((*dispatch.notes, event.note))) if event.note else dispatch.notes
    await change(
        unit, dispatch, session=event.session, notes=notes, activity="started", activity_at=house.now()
    )


async def _made(unit: Unit, house: House, run: Run, dispatch: Dispatch, event: ev.Made) -> None:
    sha256 = hashlib.sha256(event.data).hexdigest()
    if run.attempt > 1 and await _handed_over(unit, dispatch, event.name, sha256):
        return  # by an attempt that died
    if await unit.get(Blob, sha256) is None:
        await unit.add(Blob(sha256, len(event.data), event.data, house.now()))
    content = Post(
        f"{dispatch.id} hands over a file.", files=(FileView(event.name, sha256, len(event.data)),)
    )
    await post(unit, house, dispatch.conversation, content, PostKind.REPLY, dispatch=dispatch.id)


async def _handed_over(unit: Unit, dispatch: Dispatch, name: str, sha256: str) -> bool:
    rows = await unit.find(OutboxRow, dispatch=dispatch.id, kind=PostKind.REPLY)
    return any((file.name, file.sha256) == (name, sha256) for row in rows for file in row.post.files)


async def _noticed(unit: Unit, house: House, dispatch: Dispatch, event: ev.Noticed, now: datetime) -> None:
    if event.kind is ev.NoticeKind.URGENT:
        content = Post(f"**{dispatch.id}** · {event.text}", mention=dispatch.person)
        await post(unit, house, dispatch.conversation, content, PostKind.REPLY, dispatch=dispatch.id)
    elif event.kind is ev.NoticeKind.SILENCE:
        await _say_silence(unit, house, dispatch, event, now)
    else:
        await change(unit, dispatch, activity=event.text, activity_at=now)


async def _say_silence(
    unit: Unit, house: House, dispatch: Dispatch, event: ev.Noticed, now: datetime
) -> None:
    await change(unit, dispatch, silent_since=dispatch.activity_at or now)
    outbox = house.new_id()
    actions = ((ButtonAction.WAIT, "Wait"), (ButtonAction.STOP, "Stop"))
    buttons = await end_buttons(unit, house, dispatch, *actions, outbox=outbox)
    content = Post(f"**{dispatch.id}** · {event.text}", buttons=buttons)
    await post(unit, house, dispatch.conversation, content, PostKind.NOTICE, dispatch=dispatch.id, id=outbox)


async def settle(
    unit: Unit, house: House, run: Run, dispatch: Dispatch, event: ev.Finished | ev.Parked, state: RunState
) -> tuple[Run, Dispatch]:
    """Close the run's books: the reservation goes, what it cost stays."""
    usd = await settlement.settle(unit, house, run, dispatch, event)
    ended = await unit.change(
        run,
        state=state,
        ended_at=house.now(),
        reserved_usd=0.0,
        lost_usd=0.0,
        cost_usd=usd,
        billing=event.billing,
        outcome="parked" if isinstance(event, ev.Parked) else event.end,
    )
    await _mark_read(unit, dispatch, event.consumed)
    settled = await change(
        unit,
        dispatch,
        cost_usd=dispatch.cost_usd + (usd or 0.0),
        running_usd=0.0,
        silent_since=None,
        activity_at=house.now(),
    )
    return ended, settled


async def park(
    unit: Unit, house: House, run: Run, dispatch: Dispatch, event: ev.Parked, untaken: frozenset[str]
) -> None:
    """No process is left; an answer that came meanwhile starts the next run at once."""
    run, dispatch = await settle(unit, house, run, dispatch, event, RunState.PARKED)
    if dispatch.cancel:
        await _carry_out_end(unit, house, dispatch)
        return
    parked = await change(
        unit,
        dispatch,
        status=Status.PARKED,
        park_reason=event.reason,
        resume_at=event.resume_at,
        result=event.text or dispatch.result,
    )
    answered = await _answered(unit, parked, untaken)
    if answered is not None:
        await questions.deliver_by_next_run(unit, house, parked, answered)
    elif event.reason in (ParkReason.LIMIT, ParkReason.BUDGET):
        await _post_limit(unit, house, run, parked, event)
    elif event.reason is ParkReason.RATE_LIMIT:
        await _post_wait(unit, house, parked, event)
    await admit(unit, house)


async def _answered(unit: Unit, dispatch: Dispatch, untaken: frozenset[str]) -> Question | None:
    """An answer that no run has taken: recorded too late for the live run, or refused by it."""
    rows = await unit.find(Question, dispatch=dispatch.id, run=dispatch.runs, state=QuestionState.ANSWERED)
    return next((row for row in rows if row.delivered_run is None or row.id in untaken), None)


async def _post_limit(unit: Unit, house: House, run: Run, dispatch: Dispatch, event: ev.Parked) -> None:
    outbox = house.new_id()
    buttons = await end_buttons(unit, house, dispatch, *_ways_on(house, run, dispatch, event), outbox=outbox)
    content = reports.with_buttons(reports.parked_at_limit(dispatch, dispatch.reason, event.text), buttons)
    await post(unit, house, dispatch.conversation, content, PostKind.RESULT, dispatch=dispatch.id, id=outbox)


def _ways_on(house: House, run: Run, dispatch: Dispatch, event: ev.Parked) -> list[Offer]:
    """After a limit: more money where that was it, else simply on; a last run only where this was none."""
    offers: list[Offer] = [(ButtonAction.CONTINUE, "Continue")]
    if event.reason is ParkReason.BUDGET:
        of_project = replace(run, max_usd=None) if run.max_turns is not None else run
        usd = budgets.run_limit_usd(house.settings, dispatch, of_project) or 0.0
        more = shortage.dump(shortage.of_run(dispatch, usd))
        offers = [(ButtonAction.ADD_MONEY, f"Add {reports.money(usd)}", more)]
        if run.max_turns is None:
            offers.append((ButtonAction.FINISH, "Finish with what is there"))
    return [*offers, (ButtonAction.STOP, "Stop")]


async def _post_wait(unit: Unit, house: House, dispatch: Dispatch, event: ev.Parked) -> None:
    outbox = house.new_id()
    other = _other_model(house, dispatch, Reason.RATE_LIMIT)
    actions: list[Offer] = [(ButtonAction.TRY_NOW, "Try now"), *other, (ButtonAction.CANCEL, "Cancel")]
    buttons = await end_buttons(unit, house, dispatch, *actions, outbox=outbox)
    words = reports.waiting_for_provider(dispatch, event.text, house.now())
    content = reports.with_buttons(words, buttons)
    await post(unit, house, dispatch.conversation, content, PostKind.RESULT, dispatch=dispatch.id, id=outbox)


async def _carry_out_end(unit: Unit, house: House, dispatch: Dispatch) -> None:
    """The stop or cancel that was asked for while the run was alive."""
    await questions.withdraw_questions(unit, house, dispatch)
    target = Status.STOPPED if dispatch.cancel == "stop" else Status.CANCELLED
    fresh = await reread(unit, dispatch.id)
    ended = await change(unit, fresh, status=target, cancel=None)
    words = (
        f"**{ended.id}** stopped; its session is kept, your next reply continues it."
        if target is Status.STOPPED
        else f"**{ended.id}** cancelled."
    )
    await post(unit, house, ended.conversation, Post(words), PostKind.RESULT, dispatch=ended.id)
    await result_cache.ended(unit, house, ended)
    if target is Status.STOPPED:
        await _pass_on_notes(unit, house, ended)  # said after the stop
    await admit(unit, house)


async def finish(
    unit: Unit,
    house: House,
    run: Run,
    dispatch: Dispatch,
    event: ev.Finished,
    untaken: frozenset[str],
    told: Written | None = None,
) -> None:
    """The run's one end: exactly one result, failure or stop is posted in this transaction."""
    run, dispatch = await settle(unit, house, run, dispatch, event, RunState.FINISHED)
    too_late = event.end is ev.End.DONE and dispatch.cancel == "stop"  # done before the stop reached it
    if event.end is ev.End.STOPPED or (dispatch.cancel and not too_late):
        words = event.text or dispatch.result
        stopped = await change(unit, dispatch, cancel=dispatch.cancel or "stop", result=words)
        await _carry_out_end(unit, house, stopped)
        return
    waiting = await _answered(unit, dispatch, untaken)
    if waiting is None:
        await questions.withdraw_questions(unit, house, dispatch)
    dispatch = await reread(unit, dispatch.id)
    status = Status.DONE if event.end is ev.End.DONE else Status.FAILED
    ended = await change(
        unit, dispatch, status=status, result=event.text or dispatch.result, reason=event.reason, cancel=None
    )
    if status is Status.DONE:
        await _post_result(unit, house, ended, run, told)
    elif not await unattended.failed(unit, house, ended, event.detail):
        await _post_failure(unit, house, ended, event)
    await result_cache.ended(unit, house, ended, run, whole=not event.partial)
    if waiting is not None:  # a grant or an answer that the specialist did not wait for
        await questions.deliver_by_next_run(unit, house, await reread(unit, ended.id), waiting)
    else:
        await _pass_on_notes(unit, house, ended)
    await admit(unit, house)


async def _post_result(unit: Unit, house: House, dispatch: Dispatch, run: Run, told: Written | None) -> None:
    content = await telling.post_of(unit, house, dispatch, run, told, house.now())
    if await unattended.done(unit, house, dispatch, run, content):
        return
    await post(unit, house, dispatch.conversation, content, PostKind.RESULT, dispatch=dispatch.id)


def _other_model(house: House, dispatch: Dispatch, reason: str | None) -> list[Offer]:
    """Where it is the model that does not work."""
    if reason not in (Reason.AUTH, Reason.RATE_LIMIT, Reason.NOT_FOUND) or not house.settings.models:
        return []
    name = model_choice.instead(house.settings, dispatch.project, dispatch.model, dispatch.spec.goal)
    if name is None:
        return []
    offers: list[Offer] = [(ButtonAction.USE_MODEL, f"Use {name} this time", name)]
    if model_settings.default_for(house.settings, dispatch, name):
        offers.append((ButtonAction.KEEP_MODEL, f"Use {name} from now on", name))
    return offers


async def _post_failure(unit: Unit, house: House, dispatch: Dispatch, event: ev.Finished) -> None:
    outbox = house.new_id()
    actions: list[Offer] = [(ButtonAction.RETRY, "Retry"), *_other_model(house, dispatch, event.reason)]
    if dispatch.steps:
        actions.append((ButtonAction.DO_REST, "Do the rest"))
    actions.append((ButtonAction.SHOW_LOG, "Show log"))
    buttons = await end_buttons(unit, house, dispatch, *actions, outbox=outbox)
    content = reports.with_buttons(reports.failure(dispatch, event.reason, event.detail), buttons)
    await post(unit, house, dispatch.conversation, content, PostKind.RESULT, dispatch=dispatch.id, id=outbox)


async def _mark_read(unit: Unit, dispatch: Dispatch, ids: tuple[str, ...]) -> None:
    for note in await unit.find(Note, dispatch=dispatch.id, id=ids, read=False):
        await unit.change(note, read=True)


async def _pass_on_notes(unit: Unit, house: House, dispatch: Dispatch) -> None:
    """What nobody has read becomes the next run; its first transaction takes the words."""
    if await unit.find(Note, dispatch=dispatch.id, read=False, limit=1):
        await next_run(unit, house, dispatch)


def prompt_of(run: Run, answers: list[Question]) -> str:
    """What this attempt says: the run's prompt, and answers whose run died."""
    parts = [run.prompt]
    parts.extend(
        specs.answer_prompt(item.text, reports.verdict_words(item.reply), item.reply.by if item.reply else "")
        for item in answers
    )
    return "\n\n".join(part for part in parts if part)
