"""What the end of a scheduled dispatch means for its schedule: only news is posted, and failures are counted.

ended ──▶ done ──▶ a watch? ──▶ something new? ──▶ posted, remembered
  │                   │               └── no ──▶ nothing is said; once, after many days of it, that
  │                   └── no ──▶ posted
  └─────▶ failed ──▶ the third time in a row? ──▶ the schedule rests, its person decides
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from bot import novelty, people, reports, schedule_words
from bot.house import House
from bot.model.conversations import Conversation
from bot.model.dispatches import Dispatch, Run
from bot.model.log import HOUSE, AuditRow
from bot.model.posts import ButtonAction, ButtonView, Post, PostKind, Style
from bot.model.schedules import Firing, FiringState, Schedule, ScheduleState, What
from bot.outbox import button, post
from bot.ports import Unit

_log = structlog.get_logger("schedule")

FAILURES: Final = 3
"""In a row; then the schedule rests until its person says how to go on."""
SILENCE: Final = timedelta(days=14)
"""After so long without anything new, that is said once."""
PREVIEW: Final = "*Preview: only you see this, and nothing is saved.*"

Offers = tuple[tuple[ButtonAction, str, str], ...]
"""Buttons under a post of a schedule: what they do, their label, their argument."""

ON_EACH: Final[Offers] = (
    (ButtonAction.SNOOZE, "Snooze", ""),
    (ButtonAction.CHANGE_TIME, "Change time", ""),
    (ButtonAction.PAUSE_SCHEDULE, "Pause", ""),
)
ON_PAUSE: Final[Offers] = (
    (ButtonAction.RUN_SCHEDULE, "Retry", ""),
    (ButtonAction.EDIT_SCHEDULE, "Edit", ""),
    (ButtonAction.DELETE_SCHEDULE, "Delete", ""),
)


async def buttons(
    unit: Unit, house: House, conversation: str, schedule: str, outbox: str, offers: Offers
) -> tuple[ButtonView, ...]:
    return tuple(
        [
            await button(
                unit,
                house,
                conversation,
                action,
                schedule,
                label,
                argument=argument,
                style=Style.DANGER if action is ButtonAction.DELETE_SCHEDULE else Style.PLAIN,
                outbox=outbox,
            )
            for action, label, argument in offers
        ]
    )


async def done(unit: Unit, house: House, dispatch: Dispatch, run: Run, content: Post) -> bool:
    """True when nothing else is to be posted about this end; ``content``: what it would be."""
    firing, schedule = await _scheduled(unit, dispatch)
    if firing is None or schedule is None:
        return False
    if schedule.failures and firing.preview is None:
        schedule = await unit.change(schedule, failures=0)
    if schedule.plan.what is What.WATCH:
        return await _watched(unit, house, schedule, firing, dispatch, run)
    await close(unit, house, firing, FiringState.DONE)
    await _post_result(unit, house, schedule, firing, dispatch, content)
    return True


async def failed(unit: Unit, house: House, dispatch: Dispatch, why: str) -> bool:
    """True when nothing else is to be posted: a watch fails in silence until it rests."""
    firing, schedule = await _scheduled(unit, dispatch)
    if firing is None or schedule is None:
        return False
    words = f"{dispatch.id} failed ({dispatch.reason or 'unknown'}){': ' + why if why else ''}"
    await close(unit, house, firing, FiringState.FAILED, words)
    if firing.preview is not None:
        return False
    await count_failure(unit, house, schedule, words)
    return schedule.plan.what is What.WATCH


async def _scheduled(unit: Unit, dispatch: Dispatch) -> tuple[Firing | None, Schedule | None]:
    """The firing that this is the end of, and its schedule, locked."""
    found = await unit.find(Firing, dispatch=dispatch.id, state=FiringState.WORKING)
    schedule = await unit.get(Schedule, found[0].schedule, lock=True) if found else None
    return (found[0] if found else None), schedule


async def close(unit: Unit, house: House, firing: Firing, state: FiringState, detail: str = "") -> Firing:
    """The firing's one end."""
    return await unit.change(firing, state=state, detail=house.redact(detail)[:500], ended_at=house.now())


async def count_failure(unit: Unit, house: House, schedule: Schedule, why: str) -> Schedule:
    """One more failure in a row; the third makes the schedule rest, and its person is asked."""
    schedule = await unit.change(schedule, failures=schedule.failures + 1)
    if schedule.failures < FAILURES or schedule.state is not ScheduleState.ACTIVE:
        return schedule
    last = f" The last time: {why}" if why else ""
    return await rest(unit, house, schedule, f"It failed {schedule.failures} times in a row.{last}")


async def rest(unit: Unit, house: House, schedule: Schedule, why: str) -> Schedule:
    """Pause it and say so where it posts, with the ways on."""
    why = house.redact(why)[:500]
    paused = await unit.change(schedule, state=ScheduleState.PAUSED, why=why, next_at=None)
    outbox = house.new_id()
    shown = await buttons(unit, house, schedule.conversation, schedule.id, outbox, ON_PAUSE)
    words = Post(schedule_words.paused(paused), buttons=shown, mention=schedule.person)
    await post(unit, house, schedule.conversation, words, PostKind.RESULT, id=outbox)
    await audit(unit, house, HOUSE, "schedule.paused", schedule.id, why)
    _log.warning("schedule.paused", schedule=schedule.id, why=why)
    return paused


async def audit(unit: Unit, house: House, person: str, action: str, id: str, detail: str = "") -> None:
    await unit.add(AuditRow(house.new_id(), house.now(), person, action, id, detail))


async def _watched(
    unit: Unit, house: House, schedule: Schedule, firing: Firing, dispatch: Dispatch, run: Run
) -> bool:
    fresh = novelty.news(dispatch.result, schedule.seen)
    if firing.preview is not None:
        await close(unit, house, firing, FiringState.DONE)
        words = "\n".join(fresh) or "Nothing new: nothing would be posted."
        content = reports.result(replace(dispatch, result=words), run, house.now())
        await _post_result(unit, house, schedule, firing, dispatch, content)
        return True
    if not fresh:
        await close(unit, house, firing, FiringState.QUIET)
        await _say_silence(unit, house, schedule)
        return True
    seen = novelty.remembered(schedule.seen, fresh)
    schedule = await unit.change(schedule, seen=seen, news_at=house.now(), silence_told=False)
    await close(unit, house, firing, FiringState.DONE, f"{len(fresh)} new")
    content = reports.result(replace(dispatch, result="\n".join(fresh)), run, house.now())
    await _post_result(unit, house, schedule, firing, dispatch, content)
    return True


async def _say_silence(unit: Unit, house: House, schedule: Schedule) -> None:
    since = schedule.news_at or schedule.created_at
    if schedule.silence_told or house.now() - since < SILENCE:
        return
    await unit.change(schedule, silence_told=True)
    words = schedule_words.silence(schedule, (house.now() - since).days)
    await post(unit, house, schedule.conversation, Post(words, silent=True), PostKind.RESULT)


async def _post_result(
    unit: Unit,
    house: House,
    schedule: Schedule,
    firing: Firing,
    dispatch: Dispatch,
    content: Post,
) -> None:
    """A reply to it continues the session."""
    outbox = house.new_id()
    if firing.preview is not None:
        content = replace(content, markdown=f"{PREVIEW}\n\n{content.markdown}")
    else:
        place = await unit.get(Conversation, dispatch.conversation)
        shown = await buttons(unit, house, dispatch.conversation, schedule.id, outbox, ON_EACH)
        footer = f"{schedule.id} · {content.footer}"
        content = replace(content, buttons=shown, footer=footer)
        if (
            place is not None
            and place.direct
            and await people.is_quiet(unit, house.settings, schedule.person, house.now())
        ):
            content = replace(content, silent=True)
    await post(unit, house, dispatch.conversation, content, PostKind.RESULT, dispatch=dispatch.id, id=outbox)
