"""The composition root: the one place that knows every room and every adapter, and joins them to a house."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import structlog

from bot import forgetting, instance, plugins, reports
from bot.attachments import Attachments
from bot.clock import Clock
from bot.deafness import Deafness
from bot.desk import Desk
from bot.directories import private
from bot.dispatching import Dispatching
from bot.errors import SettingsError
from bot.firings import Firings
from bot.hearing import Hearing
from bot.homes import Homes
from bot.house import Current, House
from bot.joining import Joining
from bot.listening import Listening
from bot.masking import masked_post
from bot.model.dispatches import Dispatch, Session
from bot.model.posts import Post
from bot.model.work_items import Kind, WorkItem
from bot.model_choice import COMPLETION, kind_of_specialist
from bot.nodes import Nodes
from bot.outbox import Outbox
from bot.ports import Ability, Chat, Recording, Specialist, Store
from bot.redact import Redactor
from bot.reloading import Reload
from bot.reminders import Reminders
from bot.returned import Returned
from bot.secretary_in_force import SecretaryInForce
from bot.settings.home import write_private
from bot.signs import Signs
from bot.sweep import Sweep
from bot.telling import Tell, Telling
from bot.timers import Timer, drawer
from bot.topics import Topics
from bot.turns import Decide, Turns
from bot.version import installed
from bot.vitals import Vitals, last_word
from bot.watching import Answer, Watching
from bot.work_signs import WorkSigns

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.workflows import Engine

_log = structlog.get_logger("house")

DRAIN_S: Final = 15.0
"""What running work has to end by itself on SIGTERM; with the rest of the shutdown below 25 s."""

Reap = Callable[[str], Awaitable[None]]


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncGenerator[Desk]:
    """The desk without an engine, for commands: what it promises is found by the house, which is woken."""
    from storage.migrate import migrate
    from storage.store.sql_store import SqlStore

    private(settings.home)
    await migrate(settings.database_url)
    store = SqlStore(settings.database_url)
    house = replace(_house(store, settings, Redactor()), admits=not _is_shared(settings))
    try:
        yield _desk(house, lambda: instance.wake(settings.home))
    finally:
        await store.close()


def _house(store: Store, settings: Settings, redactor: Redactor) -> House:
    redactor.learn(settings.secret_values())
    return House(store, Current(settings), node=node_of(settings), redact=redactor.redact)


def _desk(house: House, poke: Callable[[], None]) -> Desk:
    home = house.settings.home
    return Desk(
        house,
        poke,
        lambda: instance.holding(home),
        _card(house),
        _resume_command,
        lambda: last_word(home, house.now()),
    )


def _resume_command(session: Session) -> str:
    """What takes the session over in the person's own terminal, as a fork."""
    if session.specialist != "claude-code":
        return ""
    from adapters.specialists.claude_code.transcripts import resume_line

    return resume_line(session.id, session.config_dir, session.directory)


def node_of(settings: Settings) -> str:
    """``local`` on SQLite; on Postgres the configured name, else one that is written once."""
    if settings.house.node:
        return settings.house.node
    if not _is_shared(settings):
        return "local"
    path = private(settings.home) / "node"
    if not path.exists():
        write_private(path, f"node-{uuid4().hex[:8]}\n")
    return path.read_text().strip()


@dataclass(frozen=True, slots=True)
class RunningHouse:
    """What doors need of a house that runs in this process."""

    desk: Desk
    clock: Clock
    engine: Engine
    reload: Reload
    vitals: Vitals
    lost: asyncio.Future[str]  # done, with a sentence, when this house has to close although nobody asked


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    chats: Mapping[str, Chat] | None = None,
    specialists: Mapping[str, Specialist] | None = None,
    decide: Decide | None = None,
    tell: Tell | None = None,
    listen: frozenset[Kind] = frozenset(Kind),
    drain_s: float = DRAIN_S,
    busy_timeout_s: float = 30.0,
    adjust: Callable[[House], House] = lambda house: house,
    redactor: Redactor | None = None,
    reread: Callable[[Settings], Settings] | None = None,
) -> AsyncGenerator[RunningHouse]:
    """Migrate, reap, launch, listen; on the way out drain, put back what is unfinished, close.

    The caller holds the instance lock. Adapters come from the configuration unless they are given;
    ``adjust`` lets tests own the clock and the ids. With ``reread`` a changed configuration takes effect
    while the house runs, and ``redactor`` (the log's) learns its secrets.
    """
    from adapters.specialists.child.house import protect_house
    from bot.workflows import Engine
    from storage.engine import sync_engine
    from storage.migrate import migrate
    from storage.store.sql_store import SqlStore

    private(settings.home)
    protect_house()
    await migrate(settings.database_url)
    async with AsyncExitStack() as stack:
        bodies: dict[Kind, Callable[[str], Awaitable[None]]] = {}

        def troubled(seconds: float) -> None:
            clock.later("engine", house.now() + timedelta(seconds=seconds))

        system_engine = sync_engine(settings.database_url)
        stack.callback(system_engine.dispose)
        engine = Engine(
            system_engine=system_engine,
            node=node_of(settings),
            bodies=bodies,  # filled below, before the launch
            listen=listen,
            runs_at_once=settings.limits.runs_at_once,
            troubled=troubled,
            recovered=lambda how, count: house.meter.count("work_recovered_total", count, how=how),
            now=lambda: house.now(),
        )

        def woken(items: Sequence[WorkItem]) -> None:
            engine.wake({item.kind for item in items})
            homes.ring()

        store = SqlStore(settings.database_url, engine.enqueue, woken, busy_timeout_s=busy_timeout_s)
        stack.push_async_callback(store.close)
        redactor = redactor or Redactor()

        def can(specialist: str, ability: Ability) -> bool | None:
            return staff.can(specialist, ability)

        house = adjust(replace(_house(store, settings, redactor), admits=Kind.RUN in listen, can=can))
        await _open_traces(stack, house)
        lost = asyncio.get_running_loop().create_future()
        if _is_shared(settings):
            lease = instance.NodeLease(store, house.node, settings.home)
            await lease.take()
            stack.push_async_callback(lease.release)
            _keep(stack, lease.keep(lost.set_result))
        if chats is None:
            chats = (
                await plugins.chats(stack, settings, plugins.supplies(store)) if Kind.TURN in listen else {}
            )
        homes = Homes(house, chats if Kind.TURN in listen else {})

        def looked_at() -> None:
            house.live.wake_all()
            homes.ring()

        staff = _Staff(stack, house, redactor, specialists)
        await staff.prepare(settings)
        timer = Timer(house if Kind.FIRING in listen else None)
        clock = Clock(house, lambda: _look(sweep, timer))
        remind = Reminders(house, chats).remind
        nodes = Nodes(house, engine.take_over)
        sweep = Sweep(house, engine.states, partial(_reclaim, engine, nodes), clock.later, remind)
        vitals = Vitals(house, chats, lambda: {"clock": clock.looked_at} | timer.looks() | engine.looks())
        watching = Watching(house, vitals)
        secretary = SecretaryInForce(house)
        stack.push_async_callback(secretary.close)
        telling = Telling(house, tell or (secretary.report if decide is None else None))
        drive = Dispatching(house, staff.specialists, _reaper(settings), telling.of).drive
        hearing = Hearing(house, chats, _transcribe)
        joining, files = Joining(house, chats), Attachments(house, chats)
        by_model = Turns(house, secretary.decide, secretary.summarise, hearing, joining, files)
        by_given = Turns(house, decide, None, hearing, joining, files) if decide is not None else None
        turns = by_given or by_model
        bodies[Kind.TURN] = house.meter.measured("turn", Signs(house, chats).around(turns.take))
        bodies[Kind.RUN] = house.meter.measured("run", watching.counted(drive))
        outbox = Outbox(
            house, chats, _card(house), clock.later, Returned(house, chats).take, Topics(house, chats)
        )
        work_signs = WorkSigns(house, chats)
        bodies[Kind.POST] = house.meter.measured("post", work_signs.after(outbox.drain))
        desk = _desk(house, looked_at)
        bodies[Kind.FIRING] = house.meter.measured("firing", Firings(house, chats, drawer()).carry_out)
        await _reaper(settings)("")  # what a killed house left running ends before anything begins
        await engine.launch()
        stack.push_async_callback(engine.close, drain_s)
        _keep(stack, clock.run())
        _keep(stack, timer.run())
        if _is_shared(settings):
            _keep(stack, nodes.watch(clock.ring))
        _keep(stack, store.listen(partial(_heard, engine, looked_at, clock)))
        _keep(stack, homes.run())
        _keep(stack, work_signs.run())
        _keep(stack, Deafness(house, chats).run())
        _keep(stack, forgetting.keep(house, engine.forget_ended))
        for name, chat in chats.items() if Kind.TURN in listen else ():
            _keep(stack, vitals.listening(name, _listening(house, chat, desk)))
        _keep(stack, vitals.keep())
        await _open_pages(stack, settings, watching)
        reload = Reload(house, reread or (lambda old: old), staff.prepare)
        if reread is not None:
            _keep(stack, reload.run())
        _log.info("house.open", node=house.node, home=str(settings.home))
        yield RunningHouse(desk, clock, engine, reload, vitals, lost)
        _log.info("house.closing")


async def _open_pages(stack: AsyncExitStack, settings: Settings, watching: Watching) -> None:
    if settings.health.port is None:
        return
    from adapters.doors.loopback import Page, open_door

    def page(find: Callable[[], Awaitable[Answer]]) -> Callable[[], Awaitable[Page]]:
        async def found() -> Page:
            return Page(*await find())

        return found

    pages = {"/healthz": watching.healthz, "/readyz": watching.readyz, "/metrics": watching.metrics}
    shown = {path: page(find) for path, find in pages.items()}
    port = await stack.enter_async_context(open_door(settings.health.port, shown))
    _log.info("health.pages", port=port)


async def _open_traces(stack: AsyncExitStack, house: House) -> None:
    if (endpoint := house.settings.telemetry.otlp_endpoint) is None:
        return
    try:
        from adapters.telemetry.otlp import open_traces
    except ModuleNotFoundError as error:
        raise SettingsError(
            "telemetry.otlp_endpoint: traces need the extra `telemetry`; install frontdesk[telemetry]."
        ) from error
    traces = open_traces(endpoint, version=installed() or "unknown", node=house.node)
    house.meter.trace = await stack.enter_async_context(traces)


async def _transcribe(recording: Recording) -> str:
    from adapters.hearing.transcriber import transcribe

    return await transcribe(recording)


def _is_shared(settings: Settings) -> bool:
    """Whether several machines may look at the rows."""
    return settings.database_url.startswith("postgres")


async def _look(sweep: Sweep, timer: Timer) -> None:
    await sweep.sweep()
    timer.ring()


async def _reclaim(engine: Engine, nodes: Nodes) -> None:
    """What this node lost without dying, and what dead nodes will not come back to."""
    await engine.reclaim()
    await nodes.see_to()


def _listening(house: House, chat: Chat, desk: Desk) -> Awaitable[None]:
    """Beside other processes where the platform allows one only."""
    if chat.abilities.one_listener and _is_shared(house.settings):
        return Listening(house.store, house.settings.home, chat).listen(desk.receive)
    return chat.listen(desk.receive)


def _heard(engine: Engine, look: Callable[[], None], clock: Clock, kinds: frozenset[Kind]) -> None:
    """Another process has promised work of these kinds, or (none) has left something to be seen to."""
    engine.wake(kinds)
    look()
    if not kinds:
        clock.ring()


def _reaper(settings: Settings) -> Reap:
    """Ends every process of this house with a run's mark (any run's for ""), whoever its parents are."""
    from adapters.specialists.child.environment import Marker
    from adapters.specialists.child.process import reap

    async def end(run: str) -> None:
        await reap(Marker.of(settings.home, run))

    return end


def _card(house: House) -> Callable[[Dispatch], Post]:
    return lambda dispatch: masked_post(reports.card(dispatch, house.now()), house.redact)


def _keep(stack: AsyncExitStack, coroutine: Awaitable[None]) -> None:
    """Run beside the house until it closes; the closing waits for its end."""
    task = asyncio.ensure_future(coroutine)
    task.add_done_callback(_report)
    stack.push_async_callback(_end, task)


def _report(task: asyncio.Future[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("house.part_failed", error=repr(error), exc_info=error)


async def _end(task: asyncio.Future[None]) -> None:
    task.cancel()
    await asyncio.wait([task])  # how it ended was reported when it did


class _Staff:
    """The specialists of the settings in force; a changed table or credential makes another for new runs."""

    def __init__(
        self,
        stack: AsyncExitStack,
        house: House,
        redactor: Redactor,
        given: Mapping[str, Specialist] | None,
    ) -> None:
        self.specialists: dict[str, Specialist] = dict(given or {})
        self._makes = given is None and house.admits
        self._stack = stack
        self._redactor = redactor
        self._made_of: dict[str, object] = {}

    def can(self, specialist: str, ability: Ability) -> bool | None:
        """None: not one that this process runs."""
        found = self.specialists.get(specialist)
        return ability in found.abilities if found else None

    async def prepare(self, settings: Settings) -> None:
        """Raises SettingsError, and changes nothing, for one that cannot be made."""
        parts = {name: _parts(settings, name) for name in settings.specialists} if self._makes else {}
        new = {name for name in parts if parts[name] != self._made_of.get(name)}
        tables = {name: settings.specialists[name] for name in new}
        self._redactor.learn(settings.secret_values())
        self.specialists |= await plugins.specialists(self._stack, replace(settings, specialists=tables))
        self._made_of |= parts


def _parts(settings: Settings, specialist: str) -> object:
    """What its adapter is made of."""
    auth, credential = settings.auth_of(specialist), settings.credential_of(specialist)
    models = settings.models if kind_of_specialist(settings, specialist) == COMPLETION else None
    return settings.specialists[specialist], auth, credential, settings.house.retention_days, models
