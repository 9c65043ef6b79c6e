"""Traces of a real house to a collector that reads them as collectors do, and to one that is not there."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from adapters.telemetry.otlp import CLOSE_S, open_traces
from bot.brief import Brief
from bot.errors import SecretaryError
from bot.metrics import Meter
from bot.model.decisions import Decision
from tests.houses import CHAT, PATIENCE_S, open_household, tables

SECRET_WORDS: Final = "the-words-of-a-person"


@dataclass
class Collector:
    """Takes what OTLP/HTTP takes, and refuses everything else."""

    port: int = 0
    raw: list[bytes] = field(default_factory=list[bytes])
    spans: list[Span] = field(default_factory=list[Span])
    services: set[str] = field(default_factory=set[str])
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await _head(reader):
                line, headers = head
                body = await reader.readexactly(int(headers["content-length"]))
                self._keep(line, headers, body)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        finally:
            writer.close()

    def _keep(self, line: str, headers: dict[str, str], body: bytes) -> None:
        assert line == "POST /v1/traces HTTP/1.1"
        assert headers["content-type"] == "application/x-protobuf"
        plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        request = ExportTraceServiceRequest.FromString(plain)
        self.raw.append(plain)
        for resource in request.resource_spans:
            self.services |= {
                each.value.string_value for each in resource.resource.attributes if each.key == "service.name"
            }
            for scope in resource.scope_spans:
                self.spans += scope.spans
        self.came.set()

    async def until(self, name: str, outcome: str) -> Span:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self.came.clear()
                for span in self.spans:
                    if (span.name, said(span)["frontdesk.outcome"]) == (name, outcome):
                        return span
                await self.came.wait()


async def _head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    line, *rest = head.strip().split("\r\n")
    named = (each.partition(":") for each in rest)
    return line, {name.lower(): value.strip() for name, _, value in named}


@asynccontextmanager
async def collecting() -> AsyncGenerator[Collector]:
    collector = Collector()
    server = await asyncio.start_server(collector.take, "127.0.0.1", 0)
    collector.port = server.sockets[0].getsockname()[1]
    try:
        yield collector
    finally:
        server.close()


def said(span: Span) -> dict[str, str]:
    return {each.key: each.value.string_value for each in span.attributes}


async def decide(brief: Brief) -> Decision:
    """A model that is away."""
    raise SecretaryError(f"no route for {SECRET_WORDS}")


async def test_a_collector_reads_what_the_house_did(tmp_path: Path) -> None:
    """Receive, turn, decide, run and post with their ids, their time and how they ended; a decision lies in
    its turn; what failed is marked, by its type; no words of anybody are in any of it."""
    async with collecting() as collector:
        endpoint = {"otlp_endpoint": f"http://127.0.0.1:{collector.port}"}
        configuration = tables(tmp_path, chats={CHAT: {}}, telemetry=endpoint)
        async with open_household(tmp_path, configuration, decide=decide) as house:
            house.platform.writes("ann", f"/run utter {SECRET_WORDS}")
            await house.until_said("It said the.")
            house.platform.writes("ann", f"what do you make of {SECRET_WORDS}, my friend?", "talk")
            await house.until(lambda: bool(house.shown("talk")))
            run = await collector.until("run", "done")
            failed = await collector.until("decide", "failed")
        spans = collector.spans
    assert collector.services == {"frontdesk"}
    assert {span.name for span in spans} == {"receive", "turn", "decide", "run", "post"}
    assert said(run)["frontdesk.run"] == "d1/1"
    assert (failed.status.code, said(failed)["error.type"]) == (Status.STATUS_CODE_ERROR, "SecretaryError")
    (turn,) = [span for span in spans if span.span_id == failed.parent_span_id]
    assert (turn.name, turn.trace_id) == ("turn", failed.trace_id)
    assert said(turn)["frontdesk.message"] == said(failed)["frontdesk.message"]
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano > 0 for span in spans)
    assert {said(span)["frontdesk.outcome"] for span in spans if span.name == "receive"} == {"accepted"}
    assert not [raw for raw in collector.raw if SECRET_WORDS.encode() in raw]


async def test_a_dead_collector_is_one_warning(tmp_path: Path) -> None:
    """The house answers as ever and closes soon; several rounds of sending that fail say it once."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        endpoint = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with structlog.testing.capture_logs() as logged:
            meter = Meter()
            async with open_traces(endpoint, version="1", node="local", every_s=0.05) as meter.trace:
                await _until_lost(meter, logged)
                for _ in range(5_000):  # more than the queue holds
                    with meter.span("post", conversation="c1"):
                        pass
                began = monotonic()
            assert monotonic() - began < CLOSE_S + PATIENCE_S
    assert [entry["log_level"] for entry in logged if entry["event"].startswith("traces.")] == ["warning"]


async def _until_lost(meter: Meter, logged: list[structlog.typing.EventDict]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not [entry for entry in logged if entry["event"] == "traces.lost"]:
            with meter.span("post", conversation="c1"):
                await asyncio.sleep(0.02)


async def test_what_is_cancelled_is_interrupted_and_no_error() -> None:
    """A deploy marks nothing as failed; an exception does, and goes on to whoever waits for it."""
    told: list[tuple[str, str]] = []
    meter = Meter()
    meter.trace = lambda _, __: lambda outcome, error: told.append((outcome, error))
    with pytest.raises(asyncio.CancelledError), meter.span("turn", message="m1"):
        raise asyncio.CancelledError
    with pytest.raises(ValueError, match="words"), meter.span("turn", message="m1"):
        raise ValueError("words")
    assert told == [("interrupted", ""), ("failed", "ValueError")]
