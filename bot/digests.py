"""The house's own account of a time, made from rows without a model: only what those who read it may see.

What is shown depends on whose digest it is and on where it is posted: in private one's own work, where others
read only what was said where others read; the rest is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot import costs, policy, reports, schedule_words, when
from bot.house import House
from bot.model.acts import Act
from bot.model.conversations import Conversation
from bot.model.dispatches import Dispatch, Status
from bot.model.log import LedgerRow
from bot.model.people import Person
from bot.model.questions import Question, QuestionState
from bot.model.schedules import Bar, Firing, FiringState, Plan, Schedule, ScheduleState, Scope
from bot.ports import Unit

SHOWN: Final = 5
"""Lines of each kind; the rest is counted."""
CHART_DAYS: Final = 2
"""Fewer days are no chart."""
MOST_DAYS: Final = 31


@dataclass(frozen=True, slots=True)
class Digest:
    since: datetime
    until: datetime
    zone: ZoneInfo
    done: tuple[Dispatch, ...]
    failed: tuple[Dispatch, ...]
    running: tuple[Dispatch, ...]
    waiting: tuple[tuple[Question, Dispatch], ...]
    troubled: tuple[Schedule, ...]
    elsewhere: int  # of what happened, and may not be named here
    costs: costs.Costs
    bars: tuple[Bar, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.done or self.failed or self.running or self.waiting or self.troubled)

    @property
    def about(self) -> tuple[str, ...]:
        """The dispatches that it names."""
        named = (*(item for _, item in self.waiting), *self.failed, *self.done, *self.running)
        return tuple(dict.fromkeys(item.id for item in named))

    @property
    def days(self) -> int:
        return len(self.bars)


async def collect(
    unit: Unit, house: House, person: Person, plan: Plan, place: Conversation, since: datetime
) -> Digest:
    now = house.now()
    touched = await unit.touched_since(since)
    audience = _Audience(house, person, plan.scope, place, await _places(unit, touched))
    seen = [item for item in touched if audience.sees(item)]
    theirs = [item for item in touched if audience.concerns(item)]
    ids = {item.id: item for item in seen}
    asked = await unit.find(Question, dispatch=tuple(ids), state=QuestionState.OPEN)
    rows = await unit.paid_rows(since=since, until=now + timedelta(microseconds=1))
    paid = [row for row in rows if audience.pays(row, ids)]
    zone = ZoneInfo(plan.timezone)
    return Digest(
        since=since,
        until=now,
        zone=zone,
        done=_with(seen, Status.DONE),
        failed=_with(seen, Status.FAILED),
        running=_with(seen, Status.RUNNING, Status.WAITING),
        waiting=tuple((item, ids[item.dispatch]) for item in asked),
        troubled=tuple(await _troubled(unit, audience, since)),
        elsewhere=len(theirs) - len(seen),
        costs=costs.summed(paid, costs.By.PROJECT, zone, baseline=house.settings.budgets.baseline_model),
        bars=_bars(seen, paid, since, now, zone),
    )


def _with(seen: Sequence[Dispatch], *states: Status) -> tuple[Dispatch, ...]:
    return tuple(item for item in seen if item.status in states)


@dataclass(frozen=True, slots=True)
class _Audience:
    """Who reads it, and so what may stand in it."""

    house: House
    person: Person
    scope: Scope
    place: Conversation
    places: dict[str, Conversation]

    def concerns(self, item: Dispatch) -> bool:
        """Whether it belongs to what the digest is about, wherever it speaks."""
        match self.scope:
            case Scope.ME:
                return item.person == self.person.id
            case Scope.CHANNEL:
                return self._is_here(item.conversation)
            case Scope.HOUSE:
                object = policy.of_dispatch(item)
                return policy.authorize(self.house.settings, self.person, Act.SHOW, object) is None

    def sees(self, item: Dispatch) -> bool:
        """Whether it may be named to everybody who reads the digest."""
        if not self.concerns(item):
            return False
        if not policy.may_be_named(self.house.settings, item.project, self.place.address):
            return False
        if self.place.direct:
            return True
        of = self.places.get(item.conversation)
        return of is not None and not of.direct and (self.scope is Scope.HOUSE or self._is_here(of.id))

    def pays(self, row: LedgerRow, seen: dict[str, Dispatch]) -> bool:
        """Amounts of what is shown; in private also those that nothing is shown for."""
        if row.object.partition("/")[0] in seen:
            return True
        if not self.place.direct:
            return self._is_here(row.conversation)
        if self.scope is Scope.HOUSE:
            return policy.authorize(self.house.settings, self.person, Act.SEE_COSTS) is None
        return self.scope is Scope.ME and row.person == self.person.id

    def _is_here(self, conversation: str) -> bool:
        """In this channel or one of its threads."""
        of = self.places.get(conversation)
        if conversation == self.place.id:
            return True
        if of is None or (of.chat, of.account) != (self.place.chat, self.place.account):
            return False
        return of.key.partition("/")[0] == self.place.key.partition("/")[0]


async def _places(unit: Unit, touched: Sequence[Dispatch]) -> dict[str, Conversation]:
    ids = tuple({item.conversation for item in touched})
    return {place.id: place for place in await unit.find(Conversation, id=ids)}


async def _troubled(unit: Unit, audience: _Audience, since: datetime) -> list[Schedule]:
    """Schedules of the person whose last firing failed, or that rest because they did."""
    if not audience.place.direct:
        return []
    rows = await unit.find(
        Schedule, person=audience.person.id, state=(ScheduleState.ACTIVE, ScheduleState.PAUSED)
    )
    found: list[Schedule] = []
    for row in rows:
        last = await unit.find(Firing, schedule=row.id, newest=True, limit=1)
        bad = bool(last) and last[0].made_at >= since and last[0].state in _BAD
        if bad or row.failures:
            found.append(row)
    return found


_BAD: Final = (FiringState.FAILED, FiringState.MISSED, FiringState.SKIPPED)


def _bars(
    seen: Sequence[Dispatch], paid: Sequence[LedgerRow], since: datetime, until: datetime, zone: ZoneInfo
) -> tuple[Bar, ...]:
    """Spend and dispatches by civil day."""
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    bars: list[Bar] = []
    while day <= last and len(bars) < MOST_DAYS:
        usd = sum(row.usd or 0.0 for row in paid if row.at.astimezone(zone).date() == day)
        count = sum(item.created_at.astimezone(zone).date() == day for item in seen)
        bars.append(Bar(f"{day:%a} {day.day}", usd, count))
        day += timedelta(days=1)
    return tuple(bars)


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────────


def in_words(found: Digest, title: str) -> str:
    """A header and a few short lists, what waits for somebody first."""
    zone = str(found.zone)
    span = f"{when.moment_words(found.since, zone)} – {when.moment_words(found.until, zone)}"
    parts = [f"**{title}** · {span}"]
    waiting = [f"{item.id} ({of.id} {of.title}): {_cut(item.text)}" for item, of in found.waiting]
    parts += _list("Waiting for an answer", waiting)
    parts += _list("Failed", [f"{_named(item)} — {item.reason or 'unknown'}" for item in found.failed])
    parts += _list("Done", [f"{_named(item)} · {reports.money(item.cost_usd)}" for item in found.done])
    parts += _list("Going on", [f"{_named(item)} — {reports.status_words(item)}" for item in found.running])
    parts += _list("Schedules in trouble", [_trouble(row) for row in found.troubled])
    parts.append("\n\n".join(_money(found)))
    if found.elsewhere:
        parts.append(f"{found.elsewhere} more elsewhere, which not everybody here may see.")
    return "\n\n".join(part for part in parts if part)


def chart_words(bars: Sequence[Bar]) -> str:
    """What the chart shows, for whoever does not look at pictures."""
    days = [
        f"{bar.label} {reports.money(bar.usd)} in {bar.dispatches}"
        for bar in bars
        if bar.usd or bar.dispatches
    ]
    return f"By day (spend in dispatches): {'; '.join(days)}." if days else ""


def _list(head: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    more = [f"- and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return [f"**{head}** ({len(lines)})\n\n" + "\n".join([*(f"- {line}" for line in lines[:SHOWN]), *more])]


def _named(item: Dispatch) -> str:
    return f"**{item.id}** {item.title}"


def _trouble(row: Schedule) -> str:
    what = f"paused: {row.why}" if row.state is ScheduleState.PAUSED else f"{row.failures} failures in a row"
    return f"**{row.id}** {schedule_words.title(row.plan)} — {what}"


def _money(found: Digest) -> list[str]:
    total = found.costs.total
    words = [f"Spent {reports.money(total.spent_usd)}"]
    if total.subscription_usd:
        words.append(f"{reports.money(total.subscription_usd)} at list price by subscription")
    if total.unknown:
        words.append(f"{total.unknown} of unknown price")
    saving = [found.costs.saving.words] if found.costs.saving else []
    return [", ".join(words) + ".", *saving]


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 120 else flat[:119] + "…"
