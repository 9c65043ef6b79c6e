"""One event is one line, and no line holds a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.logs import configure_logs
from bot.redact import MASK, Redactor

SECRET = "planted-secret-4711"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Other tests find logging as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    structlog.reset_defaults()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True)
@given(
    st.lists(st.dictionaries(st.sampled_from(["text", "dispatch", "n"]), st.text()), min_size=1, max_size=5)
)
@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_lines_are_events_whatever_they_hold(kind: type[io.StringIO], events: list[dict[str, str]]) -> None:
    """No text can forge a second event or draw on the terminal."""
    stream = kind()
    configure_logs(Redactor(), stream=stream)
    for event in events:
        structlog.get_logger().info("dispatch.said", **event)
    lines = stream.getvalue().split("\n")
    assert len(lines) == len(events) + 1
    assert all(line.isprintable() for line in lines)


def test_an_event_for_programs_is_json_with_its_names(tmp_path: Path) -> None:
    """A log file is JSON, private, and in UTC."""
    file = tmp_path / "logs" / "frontdesk.log"
    configure_logs(Redactor(), file=file)
    structlog.get_logger("house").warning("run.late", dispatch="d7", wait_s=3)
    event = json.loads(file.read_text())
    assert (event["event"], event["level"], event["dispatch"], event["wait_s"]) == (
        "run.late",
        "warning",
        "d7",
        3,
    )
    assert event["timestamp"].endswith("Z")


def test_no_secret_is_written_by_anybody() -> None:
    """Not in a value, a nested value, an exception, or the URL that a library logs."""
    stream = io.StringIO()
    configure_logs(Redactor([SECRET]), stream=stream)
    log = structlog.get_logger("x")
    log.info(f"said {SECRET}", nested={"list": [SECRET]}, api_token="anything")
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("run.failed")
    logging.getLogger("library").warning("GET https://api.telegram.org/bot%s/getMe", SECRET)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == 3
    assert SECRET not in stream.getvalue()
    assert lines[0]["api_token"] == MASK
    assert "ValueError" in lines[1]["exception"]
    assert lines[2]["event"] == f"GET https://api.telegram.org/bot{MASK}/getMe"


def test_a_line_for_people_is_name_value() -> None:
    """On a terminal, quoted only where it must be."""
    stream = Terminal()
    configure_logs(Redactor(), stream=stream)
    structlog.get_logger().info("dispatch.started", dispatch="d7", title="fix it")
    assert stream.getvalue()[8:] == ' info dispatch.started dispatch=d7 title="fix it"\n'
