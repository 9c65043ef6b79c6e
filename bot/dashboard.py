"""What a person's own page shows, made from rows: each section by a function of its own, in this order.

Only what this person may see, and may be named in their private conversation, stands there; a button stands
there only for whoever may press it. It is a copy of the button under the post that asks, bound to the private
conversation: whichever is pressed first counts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from bot import policy, questions, reports, schedule_words, schedules, when
from bot.budgets import budgets
from bot.house import House
from bot.model.acts import BUTTONS, Act
from bot.model.conversations import Address, Conversation
from bot.model.dashboards import Dashboard, Entry, Home, Section
from bot.model.dispatches import LIVE, Dispatch, ParkReason, Status
from bot.model.people import Identity, Person
from bot.model.posts import Button, ButtonAction, ButtonView, OutboxRow, Style
from bot.model.questions import Question, QuestionState
from bot.model.schedules import ScheduleState, Timetable
from bot.outbox import button
from bot.overviews import RECENT, Viewer
from bot.ports import Unit

MOST_WAITING: Final = 10
MOST_RUNNING: Final = 10
MOST_SCHEDULES: Final = 10
MAX_CHARS: Final = 2_800
"""Of what is asked; a call that is longer is allowed only where all of it can be read."""

_GRANTING: Final = (ButtonAction.GRANT, ButtonAction.GRANT_SESSION)
_FOR_A_PERSON: Final = (ParkReason.LIMIT, ParkReason.BUDGET)
CUT: Final = "\n\n… cut here; all of it stands where it was asked, and is decided there."


async def build(viewer: Viewer) -> Dashboard:
    """In a transaction: buttons that are new get their rows."""
    found = [await section(viewer) for section in SECTIONS]
    return Dashboard(tuple(each for each in found if each is not None))


async def opened(
    unit: Unit, house: House, identity: Identity, conversation: Conversation, person: Person
) -> None:
    """It is kept as things are from now on; what it shows is not relied on."""
    id = f"{identity.chat}:{identity.account}"
    home = await unit.get(Home, id, lock=True)
    if home is None:
        await unit.add(Home(id, conversation.id, person.id, house.now()))
    else:
        await unit.change(
            home, conversation=conversation.id, person=person.id, opened_at=house.now(), shown=""
        )


# ── sections ─────────────────────────────────────────────────────────────────────────────────────────────


async def _waiting(viewer: Viewer) -> Section:
    asked = await viewer.unit.find(Question, state=QuestionState.OPEN)
    entries = [entry for item in asked if (entry := await _question(viewer, item))]
    parked = await viewer.unit.find(Dispatch, status=Status.PARKED)
    entries += [entry for item in parked if (entry := await _parked(viewer, item))]
    shown = entries[:MOST_WAITING]
    return Section("Waiting for you", tuple(shown), "Nothing.", len(entries) - len(shown))


async def _question(viewer: Viewer, item: Question) -> Entry | None:
    """For whoever may answer or allow it."""
    dispatch = await viewer.unit.get(Dispatch, item.dispatch)
    if dispatch is None or not _is_seen(viewer, dispatch):
        return None
    origin = _newest(await viewer.unit.find(OutboxRow, question=item.id, edits=None))
    if origin is None:
        return None

    async def may(action: ButtonAction) -> bool:
        act, place = BUTTONS[action], viewer.place.address
        return await questions.refusal(viewer.unit, viewer.house, viewer.person, act, item, place) is None

    buttons = await _copies(viewer, origin, may)
    decides = Act.GRANT if item.approval else Act.ANSWER
    if all(BUTTONS[each] is not decides for each, _ in buttons) and dispatch.person != viewer.person.id:
        return None
    return await _asked(viewer, dispatch, origin, buttons)


async def _parked(viewer: Viewer, dispatch: Dispatch) -> Entry | None:
    """At a limit: a person says how to go on."""
    if dispatch.park_reason not in _FOR_A_PERSON or not _is_seen(viewer, dispatch):
        return None
    rows = await viewer.unit.find(OutboxRow, dispatch=dispatch.id, question=None, edits=None)
    origin = _newest([row for row in rows if row.id != dispatch.card])
    if origin is None:
        return None
    buttons = await _copies(viewer, origin, _may(viewer, dispatch))
    return await _asked(viewer, dispatch, origin, buttons) if buttons else None


async def _running(viewer: Viewer) -> Section:
    live = await viewer.unit.find(Dispatch, status=tuple(LIVE))
    going = [item for item in live if _is_seen(viewer, item) and not _waits_for_a_person(item)]
    going.sort(key=lambda item: item.person != viewer.person.id)  # one's own first
    shown = going[:MOST_RUNNING]
    entries = [await _going(viewer, item) for item in shown]
    return Section("Running", tuple(entries), "Nothing.", len(going) - len(shown))


async def _going(viewer: Viewer, dispatch: Dispatch) -> Entry:
    card = await viewer.unit.get(OutboxRow, dispatch.card) if dispatch.card else None
    buttons = await _copies(viewer, card, _may(viewer, dispatch)) if card else ()
    return Entry(
        _title(viewer, f"{dispatch.id} · {dispatch.title} — {reports.status_words(dispatch)}"),
        footer=_footer(viewer, dispatch),
        buttons=tuple(view for _, view in buttons),
        place=await _place(viewer, dispatch),
    )


async def _recent(viewer: Viewer) -> Section | None:
    ended = [status for status in Status if status not in LIVE]
    found = await viewer.unit.find(
        Dispatch, person=viewer.person.id, status=tuple(ended), newest=True, limit=4 * RECENT
    )
    shown = [item for item in found if _is_seen(viewer, item)][:RECENT]
    if not shown:
        return None
    entries = [
        Entry(
            _title(viewer, f"{item.id} · {item.title} — {reports.status_words(item)}"),
            footer=_footer(viewer, item),
            place=await _place(viewer, item),
        )
        for item in shown
    ]
    return Section("Recent", tuple(entries))


async def _schedules(viewer: Viewer) -> Section | None:
    """One's own, the next one first; none of a project that may not be named here."""
    settings, at = viewer.house.settings, viewer.place.address
    found = [
        each
        for each in await schedules.listed(viewer.unit, viewer.house, viewer.person)
        if not (project := each.schedule.plan.project) or policy.may_be_named(settings, project, at)
    ]
    if not found:
        return None
    found.sort(key=lambda each: (each.schedule.next_at or _NEVER, each.schedule.number))
    shown = found[:MOST_SCHEDULES]
    entries = tuple(_scheduled(viewer, each) for each in shown)
    return Section("Schedules", entries, "", len(found) - len(shown))


def _scheduled(viewer: Viewer, each: Timetable) -> Entry:
    item = each.schedule
    if item.state is ScheduleState.PAUSED:
        state = f"paused: {item.why.rstrip('.')}" if item.why else "paused"
    else:
        state = f"next {when.moment_words(item.next_at, item.plan.timezone)}" if item.next_at else ""
    title = _title(viewer, f"{item.id} · {schedule_words.title(item.plan)} — {each.when}")
    return Entry(title, footer=_title(viewer, " · ".join(bit for bit in (state, each.place) if bit)))


async def _spent(viewer: Viewer) -> Section:
    """One's own budget; those of the house for whoever may see what others spend."""
    sees_all = policy.authorize(viewer.house.settings, viewer.person, Act.SEE_COSTS) is None
    lines: list[str] = []
    for each in await budgets(viewer.unit, viewer.house, viewer.person.id):
        if each.person or sees_all:
            usd = await viewer.unit.spent_usd(since=each.since, person=each.person)
            words = "your budget for today" if each.person else each.words
            lines.append(f"{reports.money(usd)} of {reports.money(each.limit_usd)}: {words}")
    return Section("Spent", tuple(Entry(line) for line in lines))


_NEVER: Final = datetime.max.replace(tzinfo=UTC)

Show = Callable[[Viewer], Awaitable[Section | None]]

SECTIONS: Final[tuple[Show, ...]] = (_waiting, _running, _recent, _schedules, _spent)
"""From top to bottom; what else a person wants to see here is one more function."""


# ── what they share ──────────────────────────────────────────────────────────────────────────────────────


def _is_seen(viewer: Viewer, dispatch: Dispatch) -> bool:
    settings, place = viewer.house.settings, viewer.place.address
    object = policy.of_dispatch(dispatch, place)
    named = policy.may_be_named(settings, dispatch.project, place)
    return named and policy.authorize(settings, viewer.person, Act.SHOW, object) is None


def _waits_for_a_person(dispatch: Dispatch) -> bool:
    return dispatch.status is Status.PARKED and dispatch.park_reason is not ParkReason.RATE_LIMIT


def _may(viewer: Viewer, dispatch: Dispatch) -> Callable[[ButtonAction], Awaitable[bool]]:
    async def may(action: ButtonAction) -> bool:
        object = policy.of_dispatch(dispatch, viewer.place.address)
        return policy.authorize(viewer.house.settings, viewer.person, BUTTONS[action], object) is None

    return may


def _newest(rows: Sequence[OutboxRow]) -> OutboxRow | None:
    """The last post that has buttons."""
    return max((row for row in rows if row.post.buttons), key=lambda row: row.created_at, default=None)


Copies = tuple[tuple[ButtonAction, ButtonView], ...]


async def _copies(
    viewer: Viewer, origin: OutboxRow, may: Callable[[ButtonAction], Awaitable[bool]]
) -> Copies:
    """The post's buttons that this person may press, each with a token of its own that stays the same."""
    styles = {view.token: view.style for view in origin.post.buttons}
    rows = [row for row in await viewer.unit.find(Button, outbox=origin.id) if row.id in styles]
    objects = tuple({row.object for row in rows})
    mine = await viewer.unit.find(
        Button, conversation=viewer.place.id, object=objects, outbox=None, used_at=None
    )
    found: list[tuple[ButtonAction, ButtonView]] = []
    for row in rows:
        if row.used_at is None and row.action is not ButtonAction.SHOW_LOG and await may(row.action):
            same = next((each for each in mine if _is_same(each, row)), None)
            view = await _copied(viewer, row, styles[row.id], same)
            found.append((row.action, view))
    return tuple(found)


def _is_same(mine: Button, row: Button) -> bool:
    wanted = (row.action, row.object, row.argument, row.label, row.expires_at)
    return wanted == (mine.action, mine.object, mine.argument, mine.label, mine.expires_at)


async def _copied(viewer: Viewer, row: Button, style: Style, same: Button | None) -> ButtonView:
    if same is not None:
        return ButtonView(same.id, row.label, style)
    return await button(
        viewer.unit,
        viewer.house,
        viewer.place.id,
        row.action,
        row.object,
        row.label,
        argument=row.argument,
        style=style,
        person=viewer.person.id,
        expires_at=row.expires_at,
    )


async def _asked(viewer: Viewer, dispatch: Dispatch, origin: OutboxRow, buttons: Copies) -> Entry:
    """As it was posted."""
    text = origin.post.markdown
    if len(text) > MAX_CHARS:
        text = text[:MAX_CHARS] + CUT
        buttons = tuple(each for each in buttons if each[0] not in _GRANTING)
    title = _title(viewer, f"{dispatch.id} · {dispatch.title}")
    place = await _place(viewer, dispatch)
    return Entry(title, text, _of(viewer, dispatch), tuple(view for _, view in buttons), place)


def _title(viewer: Viewer, words: str) -> str:
    return viewer.house.redact(words)


def _of(viewer: Viewer, dispatch: Dispatch) -> str:
    """Whose it is, where that is not the reader's."""
    by = "" if dispatch.person == viewer.person.id else f" · asked by {dispatch.person}"
    return f"{dispatch.project} · {dispatch.specialist}{by}"


def _footer(viewer: Viewer, dispatch: Dispatch) -> str:
    """Moments, not durations: what stands there is true until something happens."""
    ended = dispatch.status not in LIVE
    at = (dispatch.activity_at or dispatch.created_at) if ended else dispatch.created_at
    bits = [
        _of(viewer, dispatch),
        f"{'until' if ended else 'since'} {_moment(viewer, at)}",
        reports.money(dispatch.cost_usd + dispatch.running_usd),
        reports.steps_line(dispatch.steps),
    ]
    return " · ".join(bit for bit in bits if bit)


async def _place(viewer: Viewer, dispatch: Dispatch) -> Address | None:
    place = await viewer.unit.get(Conversation, dispatch.conversation)
    return place.address if place and place.id != viewer.place.id else None


def _moment(viewer: Viewer, at: datetime) -> str:
    local = at.astimezone(viewer.house.settings.timezone)
    today = viewer.house.now().astimezone(viewer.house.settings.timezone).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"
