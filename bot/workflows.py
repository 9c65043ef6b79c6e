"""The durable engine: what a transaction promised is done, whatever is killed; the only file that knows DBOS.

The rows of the house are the truth and the engine's rows are disposable, so a workflow is one call of a body
that our rows make idempotent: no memoised steps, no waiting for people, ids in and nothing out.

    enqueue, in the caller's transaction ─► queue ─► body ─► ended
                                              ▲        ├── raised ────────────► failed     ┐ asking again
                                              │        └── crashed too often ─► exhausted  ┘ starts it anew
                                              └── died (at launch), drained (at close), stray (reclaim)

Queues: ``turns``, ``posts``, ``firings``, one ``runs.<node>`` per machine; in a partition one item at a
time, by priority.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final, NamedTuple, TypeVar, cast

import structlog
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions, WorkflowStatus, error

# The seam for the wake-up: DBOS has no public way to make a queue look at once.
from dbos._queue import queue_worker_thread  # pyright: ignore[reportPrivateUsage]

from bot.bell import Bell
from bot.complaints import BodyFailed, relay_complaints
from bot.errors import FrontdeskError, StoreError
from bot.model.work_items import Kind, WorkItem, WorkState
from bot.queues import APPLICATION, MAX_RECOVERIES, OVER, SCHEMA, STATES, VERSION, WORKFLOW, queue_name

log = structlog.get_logger(__name__)

T = TypeVar("T")

CANCEL_S: Final = 5.0
"""What a cancelled body has for its own clean-up."""

STRAY_S: Final = 5.0
"""An item that was claimed so long ago and is not running here has lost its execution."""

RETRY_S: Final = 1.0
"""After so long an item whose body found no database may be promised again."""

_CHUNK: Final = 500


class Engine:
    """One per process, because DBOS is: launch it in the loop that the bodies are to run in.

    ``enqueue``, ``states`` and ``forget_ended`` need no launch, only the tables (``prepare``).
    """

    _launched: ClassVar[Engine | None] = None

    def __init__(
        self,
        *,
        system_engine: object,
        node: str,
        bodies: Mapping[Kind, Callable[[str], Awaitable[None]]],
        listen: frozenset[Kind],
        poll_s: float = 5.0,
        runs_at_once: int = 4,
        turns_at_once: int = 64,
        posts_at_once: int = 32,
        firings_at_once: int = 4,
        troubled: Callable[[float], None] = lambda _seconds: None,
        recovered: Callable[[str, int], None] = lambda _how, _count: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``system_engine``: a synchronous SQLAlchemy engine that leaves BEGIN to the driver; ``troubled``:
        the database failed the engine, ``reclaim`` in so many seconds to find what it lost; ``recovered``:
        told how and how many items were put back."""
        self._recovered, self._now = recovered, now
        self._system_engine = cast("Any", system_engine)
        self._node = node
        self._bodies = bodies
        self._listen = listen
        self._poll_s = poll_s
        # Claims are bounded, so that what is claimed runs at once, or else is lost.
        self._at_once = {
            Kind.TURN: turns_at_once,
            Kind.RUN: runs_at_once,
            Kind.POST: posts_at_once,
            Kind.FIRING: firings_at_once,
        }
        self._running: dict[str, tuple[Kind, asyncio.Task[Any]]] = {}
        self._listeners: dict[Kind, _Listener] = {}
        self._closing = False
        self._troubled = troubled
        self._client = DBOSClient(
            system_database_engine=self._system_engine,
            dbos_system_schema=SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            retry_connection_errors=False,
            lazy=True,
        )
        # For migrations and recovery, which the public client does not offer.
        self._system = self._client._sys_db  # pyright: ignore[reportPrivateUsage]

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────

    async def prepare(self) -> None:
        """Create or migrate the engine's tables without running anything."""
        await asyncio.to_thread(self._system.run_migrations)

    async def launch(self) -> None:
        """Take up what an earlier process of this node left, then listen. The bodies run in this loop."""
        if Engine._launched is not None:
            raise FrontdeskError("An engine already runs in this process; close it before launching another.")
        Engine._launched, self._closing = self, False
        try:
            relay_complaints("dbos", partial(self._troubled, STRAY_S))
            await self.prepare()
            await asyncio.to_thread(self._recover)
            dbos = self._launch_dbos()
            await asyncio.to_thread(self._listen_to, dbos)
        except BaseException:
            await self.close(0)
            raise

    async def close(self, drain_s: float) -> None:
        """Stop listening, give running bodies ``drain_s``, cancel the rest and put them back."""
        if Engine._launched is not self:
            return
        self._closing = True
        for listener in self._listeners.values():
            listener.bell.set()
        await asyncio.to_thread(self._join_listeners)
        await self._drain(drain_s)
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        relay_complaints("dbos")
        Engine._launched = None

    def _launch_dbos(self) -> DBOS:
        """Synchronous on purpose: DBOS adopts the loop that is running while it launches."""
        dbos = DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self._system_engine,
                "dbos_system_schema": SCHEMA,
                "application_version": VERSION,
                "executor_id": self._node,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
                "enable_otlp": False,
                "max_executor_threads": 32,
                "use_listen_notify": False,  # for its messages and events, which we do not use
                "notification_listener_polling_interval_sec": 0.25,  # asks nothing; closing waits for it
            }
        )
        for kind in Kind:
            DBOS.workflow(name=WORKFLOW[kind], max_recovery_attempts=MAX_RECOVERIES[kind])(
                self._workflow(kind)
            )
        DBOS.listen_queues([])  # ours are listened to by threads of our own, which can be woken
        DBOS.launch()
        # Else it sleeps for up to a minute in our threads; an item whose end was not written is a stray.
        cast("Any", dbos)._sys_db._retry_connection_errors = False
        return dbos

    def _listen_to(self, dbos: DBOS) -> None:
        for kind in self._listen:
            queue = DBOS.register_queue(
                queue_name(kind, self._node),
                partition_concurrency=1,
                worker_concurrency=self._at_once[kind],
                polling_interval_sec=self._poll_s,
                on_conflict="always_update",
            )
            bell = Bell(self._now)
            thread = threading.Thread(
                target=queue_worker_thread, args=(bell, dbos, queue), name=f"engine-{queue.name}", daemon=True
            )
            self._listeners[kind] = _Listener(bell, thread)
            thread.start()
            bell.ring()

    def _join_listeners(self) -> None:
        for listener in self._listeners.values():
            listener.thread.join(timeout=10)
        self._listeners.clear()

    async def _drain(self, drain_s: float) -> None:
        await _wait([task for _, task in self._running.values()], drain_s)
        late = {key: kind for key, (kind, task) in self._running.items() if not task.done()}
        tasks = [self._running[key][1] for key in late]
        for task in tasks:
            task.cancel()
        await _wait(tasks, CANCEL_S)
        putting_back = threading.Thread(target=self._put_back, args=(late,), daemon=True)
        putting_back.start()  # on a locked database DBOS asks for ever, so nobody waits for its end
        await asyncio.to_thread(putting_back.join, CANCEL_S)

    def _put_back(self, late: Mapping[str, Kind]) -> None:
        """Only crashes count as attempts: being interrupted by a deploy must not exhaust a long run."""
        try:
            for kind in set(late.values()):
                keys = [key for key in late if late[key] is kind]
                self._client.resume_workflows(keys, queue_name=queue_name(kind, self._node))
        except Exception:
            # The rows stay claimed by this node, so its next launch takes them up.
            log.exception("engine.put_back_failed", keys=sorted(late))

    def _recover(self) -> None:
        """Before DBOS looks, so that everything is in its queue when the first look happens."""
        claimed = self._claimed()
        for row in claimed:
            self._requeue(row)
        if claimed:
            log.info("engine.recovered", count=len(claimed))
            self._recovered("crash", len(claimed))

    # ── work ─────────────────────────────────────────────────────────────────────────────────────────────

    def enqueue(self, connection: object, item: WorkItem) -> None:
        """Promise ``item`` in the caller's open transaction. Nothing happens while its key is live;
        once that is over, asking again runs it again."""
        try:
            self._insert(connection, item)
        except error.DBOSWorkflowIDInUseError as taken:
            if STATES[taken.workflow_status] is not WorkState.LIVE:
                self._delete(connection, item.key)
                self._insert(connection, item)

    def wake(self, kinds: Iterable[Kind]) -> None:
        """Have the queues looked at now, after a commit; safe from any thread, and only ever a hint."""
        for kind in kinds:
            if listener := self._listeners.get(kind):
                listener.bell.ring()

    def looks(self) -> dict[str, datetime]:
        """When each queue was last looked at, by kind."""
        return {f"queue.{kind}": listener.bell.looked_at for kind, listener in self._listeners.items()}

    async def states(self, keys: Sequence[str]) -> dict[str, WorkState]:
        """Of every key, MISSING included."""
        states = dict.fromkeys(keys, WorkState.MISSING)
        for start in range(0, len(keys), _CHUNK):
            rows = await _asked(self._rows, workflow_ids=list(keys[start : start + _CHUNK]))
            states |= {row.workflow_id: STATES[row.status] for row in rows}
        return states

    async def reclaim(self) -> int:
        """Put back what this node claimed and then lost without dying, such as on a full disk; how many."""
        claimed = await _asked(self._claimed)
        lost = [row for row in claimed if row.workflow_id not in self._running]
        before_ms = (time.time() - STRAY_S) * 1000
        strays = [row for row in lost if (row.dequeued_at or 0) <= before_ms]
        for row in strays:
            log.warning("engine.reclaimed", key=row.workflow_id)
            await _asked(self._requeue, row)
        self._recovered("stray", len(strays))
        self.wake(Kind if strays else ())
        if len(strays) < len(lost):  # the others may be about to begin
            self._troubled(STRAY_S)
        return len(strays)

    async def take_over(self, node: str) -> int:
        """Put back what a dead node had claimed, for whoever listens to its queue; how many."""
        claimed = await _asked(self._rows, status="PENDING", executor_id=node)
        for row in claimed:
            log.warning("engine.taken_over", key=row.workflow_id, node=node)
            await _asked(self._system.reenqueue_for_recovery, row.workflow_id, [node], str(row.queue_name))
        self._recovered("dead_node", len(claimed))
        self.wake(Kind if claimed else ())
        return len(claimed)

    async def forget_ended(self, older_than_s: float) -> int:
        """Delete what was over before then; how many. Failed and exhausted items are over as well."""
        before = (datetime.now(UTC) - timedelta(seconds=older_than_s)).isoformat()
        forgotten = 0
        while rows := await _asked(self._rows, status=OVER, completed_before=before, limit=_CHUNK):
            keys = [row.workflow_id for row in rows]
            await _asked(self._client.delete_workflows, keys)
            forgotten += len(keys)
        return forgotten

    # ── the engine's rows ────────────────────────────────────────────────────────────────────────────────

    def _insert(self, connection: object, item: WorkItem) -> None:
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW[item.kind],
            "queue_name": queue_name(item.kind, item.node or self._node),
            "workflow_id": item.key,
            "workflow_id_reuse_policy": "reject",
            "app_version": VERSION,
            "queue_partition_key": item.partition,
            "priority": item.priority,
        }
        self._client.enqueue_in_transaction(cast("Any", connection), options, item.argument)

    def _delete(self, connection: object, key: str) -> None:
        """The refused insert has locked the row, so nobody else replaces it meanwhile."""
        known = self._system.tables
        for table in (known.workflow_input, known.workflow_output, known.workflow_status):
            cast("Any", connection).execute(table.delete().where(table.c.workflow_uuid == key))

    def _rows(self, **filters: Any) -> list[WorkflowStatus]:
        return self._client.list_workflows(**filters, load_input=False, load_output=False)

    def _claimed(self) -> list[WorkflowStatus]:
        return self._rows(status="PENDING", executor_id=self._node)

    def _requeue(self, row: WorkflowStatus) -> None:
        """Unlike a resume this keeps the count of attempts."""
        self._system.reenqueue_for_recovery(row.workflow_id, [self._node], str(row.queue_name))

    # ── bodies ───────────────────────────────────────────────────────────────────────────────────────────

    def _workflow(self, kind: Kind) -> Callable[[str], Awaitable[None]]:
        async def workflow(argument: str) -> None:
            key, task = str(DBOS.workflow_id), cast("asyncio.Task[Any]", asyncio.current_task())
            if self._closing:
                raise asyncio.CancelledError  # claimed too late; the next launch takes it up
            self._running[key] = kind, task
            task.add_done_callback(lambda _: self._over(kind, key))
            await self._call(kind, key, argument)

        return workflow

    async def _call(self, kind: Kind, key: str, argument: str) -> None:
        try:
            await self._bodies[kind](argument)
        except asyncio.CancelledError:
            if self._closing:
                raise
            # DBOS would leave the item claimed for ever.
            log.exception("engine.failed", kind=kind, key=key)
            raise BodyFailed("cancelled from within") from None
        except StoreError as failure:
            log.warning("engine.failed", kind=kind, key=key, error=str(failure))
            # Only once its end is written can it be promised again.
            _, task = self._running[key]
            task.add_done_callback(lambda _: self._troubled(RETRY_S))
            raise BodyFailed(str(failure)) from None
        except Exception as failure:
            log.exception("engine.failed", kind=kind, key=key)
            raise BodyFailed(f"{type(failure).__name__}: {failure}") from None

    def _over(self, kind: Kind, key: str) -> None:
        """The outcome is written: the next item of the partition need not wait for the poll."""
        self._running.pop(key, None)
        self.wake([kind])


class _Listener(NamedTuple):
    """A queue that this process listens to."""

    bell: Bell
    thread: threading.Thread


async def _asked(ask: Callable[..., T], *arguments: Any, **filters: Any) -> T:
    """Ask the engine's tables; whatever the database says instead of an answer is a StoreError."""
    try:
        return await asyncio.to_thread(ask, *arguments, **filters)
    except Exception as failure:
        raise StoreError(f"The engine's rows cannot be read now ({type(failure).__name__}).") from failure


async def _wait(tasks: Sequence[asyncio.Task[Any]], timeout_s: float) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=timeout_s)
