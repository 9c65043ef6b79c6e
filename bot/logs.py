"""Where events are written: one line each, without secrets; name=value for people, JSON for programs.

structlog ─┐
           ├─▶ level, time, exception ─▶ secrets out ─▶ line ─▶ stderr or <home>/logs/frontdesk.log
logging ───┘
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final, TextIO, cast

import structlog
from structlog.typing import Processor, WrappedLogger

from bot.redact import Redactor

MAX_FILE_BYTES: Final = 10_000_000
KEPT_FILES: Final = 3
_NAME: Final = "frontdesk"
_CHATTY: Final = ("httpx", "httpx2", "httpcore", "asyncio", "alembic", "telegram", "tornado")
"""Libraries that log every request; their URLs can hold tokens."""


def configure_logs(
    redactor: Redactor, *, file: Path | None = None, stream: TextIO | None = None, level: int = logging.INFO
) -> None:
    """Send all events, ours and the libraries', to one place; a second call replaces the first."""
    output = stream or sys.stderr
    handler = _rotating(file) if file else logging.StreamHandler(output)
    readable = file is None and output.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redaction(redactor),
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _line if readable else _json_line,
            ],
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    _replace_handlers(handler, level)


def _replace_handlers(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    for old in [known for known in root.handlers if known.get_name() == _NAME]:
        root.removeHandler(old)
        old.close()
    handler.set_name(_NAME)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _rotating(file: Path) -> logging.Handler:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return RotatingFileHandler(
        file, maxBytes=MAX_FILE_BYTES, backupCount=KEPT_FILES, encoding="utf-8", delay=True
    )


def redaction(redactor: Redactor) -> Processor:
    """A processor that takes the secrets out of an event, its exception included."""

    def redacted(_: WrappedLogger, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        hidden = {name: event[name] for name in ("_record", "_from_structlog") if name in event}
        shown = redactor.value({name: value for name, value in event.items() if name not in hidden})
        return cast("dict[str, Any]", shown) | hidden

    return redacted


def _json_line(_: WrappedLogger, __: str, event: MutableMapping[str, Any]) -> str:
    return json.dumps(event, default=str)


def _line(_: WrappedLogger, __: str, event: MutableMapping[str, Any]) -> str:
    """12:30:01 info dispatch.started dispatch=d7"""
    moment = str(event.pop("timestamp", ""))[11:19]
    words = [moment, str(event.pop("level", "")), _shown(event.pop("event", ""), bare=True)]
    return " ".join([*words, *(f"{_shown(name)}={_shown(value)}" for name, value in event.items())])


def _shown(value: object, *, bare: bool = False) -> str:
    """Quoted where it could be taken for something else, escaped where it could draw on the terminal."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    if text.isprintable() and (bare or (text and not set(text) & set(" =\"'"))):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())
