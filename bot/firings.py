"""Carries out one firing: what a schedule asked for begins, with its person's rights and money of now.

One transaction, so that it begins once however often it is tried: a dispatch with its first run, or the post
of a digest, and the firing's own next state.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bot import digests, lifecycle, people, policy, questions, recurrence, schedule_words, schedules, when
from bot.crash import Point, crash_point
from bot.house import House
from bot.limits import Wish
from bot.model.conversations import Conversation, Message, MessageState
from bot.model.dispatches import LIVE, Dispatch, Spec
from bot.model.log import Blob
from bot.model.people import Person, Role
from bot.model.posts import FileView, Post, PostKind
from bot.model.schedules import Bar, Firing, FiringState, Schedule, ScheduleState, What
from bot.novelty import NOTHING
from bot.outbox import post
from bot.ports import Chat, Unit
from bot.unattended import ON_EACH, PREVIEW, buttons, close, rest
from bot.whereabouts import known_anywhere

_log = structlog.get_logger("schedule")

ASKED_ANEW: Final = 3
"""Open questions whose buttons a digest brings along."""
LONGEST: Final = timedelta(days=31)
"""What a digest looks back at most."""
CHART: Final = "digest.png"

Draw = Callable[[str, Sequence[Bar]], bytes]
"""(title, days) → a PNG."""


class Firings:
    def __init__(self, house: House, chats: Mapping[str, Chat], draw: Draw | None = None) -> None:
        self._house = house
        self._chats = chats
        self._draw = draw  # None: digests have no picture, only the words

    async def carry_out(self, firing_id: str) -> None:
        """The body of the firing workflow: safe to call again at any time, for any firing."""
        picture = await self._picture(firing_id)
        async with self._house.store.transaction() as unit:
            firing = await unit.get(Firing, firing_id, lock=True)
            if firing is None or firing.state is not FiringState.PROMISED:
                return
            schedule = await unit.get(Schedule, firing.schedule, lock=True)
            if schedule is None or _rests(schedule, firing):
                await close(unit, self._house, firing, FiringState.SKIPPED, "The schedule rests.")
                return
            await self._begin(unit, firing, schedule, picture)
            crash_point(Point.AFTER_FIRED)

    async def _begin(self, unit: Unit, firing: Firing, schedule: Schedule, picture: Blob | None) -> None:
        house, plan = self._house, schedule.plan
        place = await unit.get(Conversation, firing.preview or schedule.conversation, lock=True)
        person = await people.known(unit, house.settings, schedule.person)
        why = self._refusal(person, schedule, place)
        if why is not None or place is None or person is None:
            await self._give_up(unit, firing, schedule, why or "It has no place to post in.")
            return
        if until := await self._quiet_until(unit, firing, place, person):
            await unit.change(firing, state=FiringState.HELD, hold_until=until)
            return
        if plan.what is What.DIGEST:
            await self._digest(unit, firing, schedule, place, person, picture)
        elif why := await self._obstacle(unit, firing, schedule):
            await close(unit, house, firing, FiringState.SKIPPED, why)
        else:
            await self._dispatch(unit, firing, schedule, place, person)

    def _refusal(self, person: Person | None, schedule: Schedule, place: Conversation | None) -> str | None:
        if person is None:
            return f"{schedule.person} is nobody this house works for any more."
        return None if place is None else schedules.refusal(self._house, person, schedule.plan, place)

    async def _give_up(self, unit: Unit, firing: Firing, schedule: Schedule, why: str) -> None:
        """What its person may not any more stops, and an admin hears of it."""
        await close(unit, self._house, firing, FiringState.FAILED, why)
        if firing.preview is not None or schedule.state is not ScheduleState.ACTIVE:
            return
        rested = await rest(unit, self._house, schedule, why)
        words = f"A schedule of {schedule.person}: {schedule_words.paused(rested)}"
        everybody = await people.everybody(unit, self._house.settings)
        for admin in (one.id for one in everybody if one.role is Role.ADMIN and one.id != schedule.person):
            if at := await known_anywhere(unit, self._house, admin):
                await post(unit, self._house, at.id, Post(words), PostKind.REPLY)

    async def _quiet_until(
        self, unit: Unit, firing: Firing, place: Conversation, person: Person
    ) -> datetime | None:
        """In somebody's private conversation it waits for the morning, unless it can come without a sound."""
        if firing.by is not None or not place.direct:
            return None
        chat = self._chats.get(place.chat)
        if chat is not None and chat.abilities.silent:
            return None
        return await people.quiet_until(unit, self._house.settings, person.id, self._house.now())

    async def _obstacle(self, unit: Unit, firing: Firing, schedule: Schedule) -> str | None:
        """One at a time, and within its month."""
        working = await unit.find(Firing, schedule=schedule.id, state=FiringState.WORKING)
        for earlier in working:
            dispatch = await unit.get(Dispatch, earlier.dispatch or "")
            if dispatch is not None and dispatch.status in LIVE:
                return f"{dispatch.id}, of the time before, goes on."
            await close(unit, self._house, earlier, FiringState.STOPPED)
        return await self._used_up(unit, schedule) if firing.preview is None else None

    async def _used_up(self, unit: Unit, schedule: Schedule) -> str | None:
        plan, house = schedule.plan, self._house
        if plan.month_usd is None or plan.project is None:
            return None
        local = house.now().astimezone(ZoneInfo(plan.timezone))
        began = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
        spent = await unit.schedule_usd(schedule.id, began)
        run_usd = plan.max_usd or house.settings.projects[plan.project].max_usd_per_dispatch
        if round((spent + run_usd) * 1_000_000) <= round(plan.month_usd * 1_000_000):
            return None
        month = f"{local:%Y-%m}"
        if schedule.told_month != month:
            await unit.change(schedule, told_month=month)
            words = Post(schedule_words.over_budget(schedule, plan.month_usd), mention=schedule.person)
            await post(unit, house, schedule.conversation, words, PostKind.RESULT)
        return f"${spent:.2f} of ${plan.month_usd:.2f} for {month} are spent."

    # ── work ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _dispatch(
        self, unit: Unit, firing: Firing, schedule: Schedule, place: Conversation, person: Person
    ) -> None:
        """A fresh session with its own caps; its cause is the person's own words, repeated by the clock."""
        plan = schedule.plan
        assert plan.project is not None  # noqa: S101  checked when it was planned, and just now
        message = await self._words(unit, firing, schedule, place, person)
        dispatch = await lifecycle.create(
            unit,
            self._house,
            conversation=place,
            message=message,
            person=person,
            project=plan.project,
            title=plan.title,
            spec=_spec(schedule, person),
            wish=Wish(plan.max_usd, None),
            unattended=True,
        )
        await unit.change(firing, state=FiringState.WORKING, dispatch=dispatch.id)
        _log.info("schedule.began", firing=firing.id, dispatch=dispatch.id)

    async def _words(
        self, unit: Unit, firing: Firing, schedule: Schedule, place: Conversation, person: Person
    ) -> Message:
        """The database insists on an authorised message behind every dispatch."""
        kept = await unit.get(Conversation, place.id, lock=True) or place
        kept = await unit.change(kept, last_seq=kept.last_seq + 1)
        message = Message(
            id=self._house.new_id(),
            conversation=kept.id,
            seq=kept.last_seq,
            platform_key=f"firing:{firing.id}",
            person=person.id,
            sender=person.name,
            text=schedule.plan.prompt,
            received_at=self._house.now(),
            state=MessageState.DONE,
        )
        await unit.add(message)
        return message

    # ── digests ──────────────────────────────────────────────────────────────────────────────────────────

    async def _picture(self, firing_id: str) -> Blob | None:
        """Drawn before the transaction, in a thread: the words of the digest are its alternative."""
        if self._draw is None:
            return None
        async with self._house.store.reading() as unit:
            firing = await unit.get(Firing, firing_id)
            schedule = await unit.get(Schedule, firing.schedule) if firing else None
            if firing is None or schedule is None or schedule.plan.what is not What.DIGEST:
                return None
            place = await unit.get(Conversation, firing.preview or schedule.conversation)
            person = await people.known(unit, self._house.settings, schedule.person)
            if place is None or person is None:
                return None
            found = await self._collected(unit, schedule, place, person)
        if found.days < digests.CHART_DAYS or found.is_empty:
            return None
        data = await asyncio.to_thread(self._draw, schedule_words.title(schedule.plan), found.bars)
        return Blob(hashlib.sha256(data).hexdigest(), len(data), data, self._house.now())

    async def _collected(
        self, unit: Unit, schedule: Schedule, place: Conversation, person: Person
    ) -> digests.Digest:
        since = await self._since(unit, schedule)
        return await digests.collect(unit, self._house, person, schedule.plan, place, since)

    async def _since(self, unit: Unit, schedule: Schedule) -> datetime:
        """The last time that it was given, else one of its own spans ago."""
        now = self._house.now()
        said = (FiringState.DONE, FiringState.QUIET)
        given = await unit.find(Firing, schedule=schedule.id, state=said, preview=None, newest=True, limit=1)
        if given:
            return max(given[0].made_at, now - LONGEST)
        plan = schedule.plan
        runs = list(recurrence.coming(plan.recurrence, plan.timezone, now, schedule.began_at, 2))
        span = runs[1] - runs[0] if len(runs) == 2 else timedelta(days=7)
        return now - min(max(span, timedelta(days=1)), LONGEST)

    async def _digest(
        self,
        unit: Unit,
        firing: Firing,
        schedule: Schedule,
        place: Conversation,
        person: Person,
        picture: Blob | None,
    ) -> None:
        house = self._house
        found = await self._collected(unit, schedule, place, person)
        if found.is_empty and firing.preview is None and firing.by is None:
            await close(unit, house, firing, FiringState.QUIET)
            return
        words = digests.in_words(found, schedule_words.title(schedule.plan))
        if found.is_empty:
            words += "\n\nThere is nothing to say; by the clock nothing would be posted."
        files: tuple[FileView, ...] = ()
        if picture is not None and not found.is_empty:
            if await unit.get(Blob, picture.id) is None:
                await unit.add(picture)
            files = (FileView(CHART, picture.id, picture.size),)
            words += f"\n\n{digests.chart_words(found.bars)}"
        outbox = house.new_id()
        if firing.preview is None:
            shown = await buttons(unit, house, place.id, schedule.id, outbox, ON_EACH)
            footer = f"{schedule.id} · {when.in_words(schedule.plan.recurrence)}"
        else:
            shown, footer, words = (), "", f"{PREVIEW}\n\n{words}"
        quiet = place.direct and await people.is_quiet(unit, house.settings, person.id, house.now())
        content = Post(words.rstrip(), buttons=shown, files=files, footer=footer, silent=quiet)
        await post(unit, house, place.id, content, PostKind.RESULT, id=outbox)
        given = await close(unit, house, firing, FiringState.DONE)
        await unit.change(given, outbox=outbox, about=found.about)
        if firing.preview is None:
            await self._bring_questions(unit, found, place, person)

    async def _bring_questions(
        self, unit: Unit, found: digests.Digest, place: Conversation, person: Person
    ) -> None:
        """What waits for this person comes with buttons of its own, as a reminder does."""
        own = [(item, of) for item, of in found.waiting if of.person == person.id]
        for item, of in own[:ASKED_ANEW]:
            here = item.conversation == place.id
            private = place.direct and place.person in (None, person.id)
            if here or (private and policy.may_be_named(self._house.settings, of.project, place.address)):
                await questions.announce(unit, self._house, item, of, where=place.id)
                if not here and item.also_in is None:
                    await unit.change(item, also_in=place.id)


def _rests(schedule: Schedule, firing: Firing) -> bool:
    """Since it fired it was deleted, or paused; a paused one still runs when a person says so."""
    paused = schedule.state is ScheduleState.PAUSED and firing.by is None
    return paused or schedule.state is ScheduleState.DELETED


def _spec(schedule: Schedule, person: Person) -> Spec:
    plan = schedule.plan
    output = "What was found or done, in a few sentences."
    if plan.what is What.WATCH:
        output = (
            "One list item (`- `) for each finding and nothing else, worded the same whenever you find it "
            f"again, without the date of today. If there is nothing: {NOTHING}."
        )
    return Spec(
        goal=plan.prompt,
        non_goals=("Anything that the goal does not ask for.",),
        constraints=("Nobody watches: ask only what you cannot go on without.",),
        output=output,
        asked_by=person.name,
        why=f"A schedule of theirs: {when.in_words(plan.recurrence)}.",
    )
