"""Sends a reply, or breaks it on the way as its fault says."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from adapters.rehearsal.model_server.dialect import Dialect, Refused
from adapters.rehearsal.model_server.payload import compact
from adapters.rehearsal.model_server.script import Fault, FaultKind
from adapters.rehearsal.wire import Answer, Connection, Hangup

_JSON: Final = {"Content-Type": "application/json"}
_EVENTS: Final = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
NO_FAULT: Final = Fault()


def as_json(value: dict[str, object], status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    content = compact(value).encode()
    return Answer(status, {**_JSON, **(headers or {})}, _unbroken(content), len(content))


def as_problem(dialect: Dialect, refused: Refused) -> Answer:
    headers = {"Retry-After": f"{refused.retry_after_s:g}"} if refused.retry_after_s is not None else {}
    return as_json(dialect.problem(refused), refused.status, {**headers, "request-id": "req_rehearsal"})


def refusal(fault: Fault) -> Refused:
    return Refused(fault.status, fault.message, retry_after_s=fault.retry_after_s)


async def meet_before_headers(fault: Fault, connection: Connection, *, streamed: bool) -> None:
    """The faults that strike before a single byte: delay, refusal, silence, a closed door."""
    await asyncio.sleep(fault.delay_s)
    if fault.after is not None and (streamed or fault.kind is not FaultKind.STATUS):
        return
    if fault.kind is FaultKind.STATUS:
        raise refusal(fault)
    if fault.kind is FaultKind.HANG:
        await connection.until_client_leaves()
    if fault.kind is FaultKind.CUT:
        raise Hangup


def as_whole(content: dict[str, object], fault: Fault, connection: Connection) -> Answer:
    """A reply in one piece; ``after`` then counts nothing and the break comes in its middle."""
    whole = compact(content).encode()
    half = whole[: len(whole) // 2]
    if fault.kind is FaultKind.MALFORMED:
        return Answer(200, _JSON, _unbroken(half), len(half))
    if fault.kind in (FaultKind.CUT, FaultKind.HANG):
        return Answer(200, _JSON, _broken([half], fault, connection), len(whole))
    return Answer(200, _JSON, _unbroken(whole), len(whole))


def as_stream(events: list[bytes], fault: Fault, connection: Connection, dialect: Dialect) -> Answer:
    """A reply event by event, up to where the fault strikes."""
    after = min(fault.after or 0, len(events) - 1)
    match fault.kind:
        case FaultKind.MALFORMED:
            events = [*events[:after], _halved(events[after]), *events[after + 1 :]]
        case FaultKind.STATUS:
            events = [*events[:after], dialect.problem_event(refusal(fault))]
        case FaultKind.CUT | FaultKind.HANG:
            events = events[:after]
        case FaultKind.SLOW | FaultKind.TRUNCATED:
            pass
    return Answer(200, _EVENTS, _broken(events, fault, connection))


def _halved(event: bytes) -> bytes:
    """Half of an event's JSON, well framed."""
    head, brace, rest = event.partition(b"{")
    return head + brace + rest[: len(rest) // 2] + b"\n\n"


async def _unbroken(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _broken(chunks: list[bytes], fault: Fault, connection: Connection) -> AsyncIterator[bytes]:
    for number, chunk in enumerate(chunks):
        await asyncio.sleep(fault.between_s if number else 0)
        yield chunk
    if fault.kind is FaultKind.CUT:
        raise Hangup
    if fault.kind is FaultKind.HANG:
        await connection.until_client_leaves()
