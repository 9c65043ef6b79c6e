"""From rows to Work: the first transaction of every attempt, and everything a specialist is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import uuid4

from bot import gathered, itemising, model_choice, permissions, records, settlement, shortage, specs
from bot.budgets import Purses, Shortage
from bot.directories import home
from bot.errors import Reason
from bot.house import House
from bot.lifecycle import reread
from bot.model import events as ev
from bot.model.dispatches import Dispatch, Note, ParkReason, Run, RunState, Session, Status
from bot.model.questions import Question, QuestionKind, QuestionState, Reply, Verdict
from bot.ports import Limits, Resources, Unit, Work
from bot.settings.tables import Auth, ProjectSettings

MIB: Final = 1024 * 1024


async def begin(unit: Unit, house: House, run_id: str) -> Work | None:
    """Raise the attempt and say what to do; None when there is nothing (left) to do."""
    run = await unit.get(Run, run_id)
    if run is None:
        return None
    dispatch = await reread(unit, run.dispatch)
    run = await unit.get(Run, run_id, lock=True) or run
    if run.state not in (RunState.QUEUED, RunState.RUNNING) or dispatch.status is not Status.RUNNING:
        return None
    if run.node != house.node:
        return None  # it was given to another node while this one was thought dead
    lost_usd = run.lost_usd + (run.reserved_usd if await settlement.has_begun(unit, run) else 0.0)
    run = await unit.change(
        run,
        state=RunState.RUNNING,
        attempt=run.attempt + 1,
        started_at=run.started_at or house.now(),
        lost_usd=lost_usd,
    )
    if dispatch.cancel:
        stopped = ev.Finished(ev.End.STOPPED, text=dispatch.result)
        await records.finish(unit, house, run, dispatch, stopped, frozenset())
        return None
    if dispatch.project not in house.settings.projects:
        detail = f"Project {dispatch.project} is no longer in the configuration."
        gone = ev.Finished(ev.End.FAILED, reason=Reason.NOT_FOUND, detail=detail)
        await records.finish(unit, house, run, dispatch, gone, frozenset())
        return None
    if run.lost_usd and (short := await Purses(unit, house).shortages(dispatch.person, 0.0)):
        await records.park(unit, house, run, dispatch, _no_room(short), frozenset())
        return None
    session = await _session(unit, house, dispatch, run)
    return await _work(unit, house, run, dispatch, session)


def _no_room(shortages: Sequence[Shortage]) -> ev.Parked:
    """An attempt died, and whatever it cost, nobody has seen the bill."""
    words = f"It was interrupted, and what that has cost is not known yet: {shortage.words(shortages)}"
    return ev.Parked(ParkReason.BUDGET, text=words)


async def _session(unit: Unit, house: House, dispatch: Dispatch, run: Run) -> Session:
    """The session to use; its id is stored before the specialist can know it."""
    session = await unit.get(Session, dispatch.session) if dispatch.session else None
    if session is not None:
        return session
    session = Session(
        id=str(uuid4()),
        specialist=dispatch.specialist,
        project=dispatch.project,
        dispatch=dispatch.id,
        directory=run.directory,
        config_dir=_config_dir(house, dispatch),
        created_at=house.now(),
    )
    await unit.add(session)
    await unit.change(dispatch, session=session.id)
    return session


def _config_dir(house: House, dispatch: Dispatch) -> str:
    """The specialist's own state: inside the house, except for an operator's login, which lies in theirs."""
    if house.settings.auth_of(dispatch.specialist) is Auth.LOGIN and dispatch.specialist == "claude-code":
        return str(Path(house.settings.environ.get("CLAUDE_CONFIG_DIR", "~/.claude")).expanduser())
    return str(home(house) / "specialists" / dispatch.specialist / dispatch.project)


async def _work(unit: Unit, house: House, run: Run, dispatch: Dispatch, session: Session) -> Work:
    project = house.settings.projects[dispatch.project]
    reply, spoken = await _reply(unit, run)
    run = run if reply else await _take_notes(unit, run)
    prompt = records.prompt_of(run, spoken)
    if not prompt and reply is None:
        prompt = specs.GO_ON
    listed, items = await itemising.items_of(unit, dispatch.id)
    limits = Limits(
        timeout_s=dispatch.timeout_s or project.timeout_s,
        idle_s=project.idle_s,
        turns=run.max_turns or project.max_turns,
        usd=run.reserved_usd or None,
        output_bytes=project.max_output_bytes,
        grace_s=house.settings.questions.grace_s,
        resources=_resources(project),
    )
    fetches, findings = await gathered.known(unit, dispatch)
    return Work(
        run=run.id,
        dispatch=dispatch.id,
        attempt=run.attempt,
        prompt=prompt,
        session=session.id,
        resume=session.started,
        token=session.token,
        session_usd=session.cost_usd,
        directory=session.directory,
        config_dir=session.config_dir,
        scratch=str(home(house) / "scratch" / run.id.replace("/", "-")),
        project=dispatch.project,
        permission_mode=project.permission_mode,
        tools_allowed=await permissions.tools_allowed(unit, dispatch.project, project),
        tools_denied=tuple(project.denied_tools),
        trust=project.trust,
        sandbox=project.sandbox,
        environment=house.settings.project_environment(dispatch.project),
        model=model_choice.for_run(house.settings, dispatch.project, dispatch.model),
        limits=limits,
        depth=dispatch.depth,
        reply=reply,
        denied_paths=tuple(str(path) for path in house.settings.hidden_paths()),
        summary=specs.summary(dispatch) if run.n > 1 or run.attempt > 1 else "",
        steps=dispatch.steps,
        instructions=_instructions(house, project, dispatch),
        fetches=fetches,
        findings=findings,
        files=await itemising.given_to(unit, dispatch.id),
        listed=listed,
        items=items,
    )


def _instructions(house: House, project: ProjectSettings, dispatch: Dispatch) -> str:
    """Standing orders of the project, and the role of the model that was chosen."""
    role = model_choice.role_of(house.settings, dispatch.model)
    return "\n\n".join(filter(None, (role, project.instructions)))


def _resources(project: ProjectSettings) -> Resources:
    return Resources(
        memory_bytes=project.max_memory_mb * MIB,
        cpu_s=project.max_cpu_s,
        processes=project.max_processes,
        scratch_bytes=project.max_scratch_mb * MIB,
        file_bytes=project.max_file_mb * MIB,
        open_files=project.max_open_files,
    )


async def _reply(unit: Unit, run: Run) -> tuple[tuple[Question, Reply] | None, list[Question]]:
    """The answer that this run delivers, and answers of a dead attempt to be said again as text.

    A grant is used up here, before any specialist sees it; a second attempt must ask again.
    """
    delivered = await unit.find(
        Question, dispatch=run.dispatch, state=QuestionState.ANSWERED, delivered_run=run.n
    )
    spoken = [item for item in delivered if item.id != run.question and run.attempt > 1]
    item = next((item for item in delivered if item.id == run.question), None)
    if item is None or item.reply is None:
        return None, [_without_grant(item) for item in spoken]
    if item.kind is QuestionKind.APPROVAL and item.reply.verdict is Verdict.GRANTED:
        if item.used:
            return None, [_without_grant(each) for each in (*spoken, item)]
        item = await unit.change(item, used=True)
    assert item.reply is not None  # noqa: S101  checked above; the row was only marked as used
    return (item, item.reply), [_without_grant(each) for each in spoken]


def _without_grant(item: Question) -> Question:
    """A grant whose run died is used up: the specialist is told to ask again if it still needs it."""
    if item.reply is None or item.reply.verdict is not Verdict.GRANTED:
        return item
    words = "it was approved once, but you were interrupted: if it has not been done, ask again"
    return replace(item, reply=replace(item.reply, verdict=Verdict.ANSWERED, answers={}, text=words))


async def _take_notes(unit: Unit, run: Run) -> Run:
    """What people added and nobody has read joins the prompt, so that a later attempt says the same."""
    unread = await unit.find(Note, dispatch=run.dispatch, read=False)
    if not unread:
        return run
    for note in unread:
        await unit.change(note, delivered_run=run.n, read=True)
    prompt = "\n\n".join(filter(None, [run.prompt, *(note.text for note in unread)]))
    return await unit.change(run, prompt=prompt)
