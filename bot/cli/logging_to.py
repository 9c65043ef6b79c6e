"""Where a command that runs the house writes its log: beside the conversation, never into it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.logs import configure_logs
from bot.redact import Redactor

if TYPE_CHECKING:
    from bot.settings import Settings


def log_to_file(settings: Settings) -> None:
    """For a terminal that is busy showing a conversation."""
    configure_logs(Redactor(settings.secret_values()), file=settings.home / "logs" / "frontdesk.log")


def log_to_stderr(settings: Settings, *, level: int = logging.INFO) -> None:
    """For a service: whoever started it keeps what it says."""
    configure_logs(Redactor(settings.secret_values()), level=level)
