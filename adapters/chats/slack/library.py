"""What the libraries have to say, as one line of our own log: no tracebacks, no addresses with tickets."""

from __future__ import annotations

import logging
import re
from typing import Final

import structlog

_log = structlog.get_logger("slack")

_MOST_CHARS: Final = 400
_KNOWN: Final = "`token` will be unused"
"""Bolt finds SLACK_BOT_TOKEN in the environment by itself; it has been told otherwise on purpose."""
_TICKET: Final = re.compile(r"(wss?://[^\s?]+)\?\S+")


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if _KNOWN in record.getMessage():
            return
        said = _TICKET.sub(r"\1", record.getMessage()).partition("\n")[0]
        _log.warning("slack.library", level=record.levelname.lower(), said=said[:_MOST_CHARS])


LIBRARY: Final = logging.getLogger("frontdesk.slack.library")
"""Handed to slack-sdk and slack-bolt."""
LIBRARY.addHandler(_Lines(logging.WARNING))
LIBRARY.setLevel(logging.WARNING)
LIBRARY.propagate = False
