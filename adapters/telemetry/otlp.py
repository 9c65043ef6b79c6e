"""Spans to an OpenTelemetry collector over OTLP/HTTP, from a thread of their own.

The house hands a span over and goes on: the queue is bounded, what does not fit is dropped, and a collector
that does not answer is one warning until it answers again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status, StatusCode

_log = structlog.get_logger("telemetry")

PATH: Final = "/v1/traces"
QUEUE: Final = 2048
"""Spans in memory."""
EVERY_S: Final = 2.0
TIMEOUT_S: Final = 3.0
"""Of one request, with the exporter's own retries."""
CLOSE_S: Final = 4.0

Ended = Callable[[str, str], None]
"""Called at a span's end with its outcome, and the type of the error or nothing."""


@asynccontextmanager
async def open_traces(
    endpoint: str, *, version: str, node: str, every_s: float = EVERY_S
) -> AsyncGenerator[Callable[[str, Mapping[str, str]], Ended]]:
    """What begins a span by its name and ids; open spans of one task are each other's parents."""
    for name in ("opentelemetry.sdk", "opentelemetry.exporter"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # a line for each try; ours says it once
    exporter = _Once(OTLPSpanExporter(endpoint.rstrip("/") + PATH, timeout=TIMEOUT_S), endpoint)
    resource = Resource.create(
        {"service.name": "frontdesk", "service.version": version, "service.instance.id": node}
    )
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(
        BatchSpanProcessor(exporter, max_queue_size=QUEUE, schedule_delay_millis=every_s * 1000)
    )
    tracer = provider.get_tracer("frontdesk", version)

    def begin(name: str, ids: Mapping[str, str]) -> Ended:
        span = tracer.start_span(name, attributes={f"frontdesk.{key}": value for key, value in ids.items()})
        token = context.attach(trace.set_span_in_context(span))

        def ended(outcome: str, error: str) -> None:
            context.detach(token)
            span.set_attribute("frontdesk.outcome", outcome)
            if error:
                span.set_attribute("error.type", error)
                span.set_status(Status(StatusCode.ERROR))
            span.end()

        return ended

    try:
        yield begin
    finally:
        exporter.close_soon()
        closing = threading.Thread(target=provider.shutdown, daemon=True)
        closing.start()  # it may wait for a collector, so nobody waits for its end
        await asyncio.to_thread(closing.join, CLOSE_S)


class _Once(SpanExporter):
    """Says once that the collector is lost, and once that it is back."""

    def __init__(self, exporter: SpanExporter, endpoint: str) -> None:
        self._exporter = exporter
        self._endpoint = endpoint
        self._lost = False
        self._closing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._closing and self._lost:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        lost = result is not SpanExportResult.SUCCESS
        if lost and not self._lost:
            _log.warning("traces.lost", endpoint=self._endpoint, what="spans are dropped until it answers")
        elif self._lost and not lost:
            _log.info("traces.regained", endpoint=self._endpoint)
        self._lost = lost
        return result

    def close_soon(self) -> None:
        """A collector that is lost gets no last try."""
        self._closing = True

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)
