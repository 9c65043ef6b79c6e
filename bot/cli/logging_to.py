"""Where a command that runs the house writes its log: beside the conversation, never into it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.logs import configure_logs
from bot.redact import Redactor

if TYPE_CHECKING:
    from bot.settings import Settings


def log_to_file(settings: Settings) -> Redactor:
    """For a terminal that is busy showing a conversation; what it returns learns secrets for the log too."""
    redactor = Redactor(settings.secret_values())
    configure_logs(redactor, file=settings.home / "logs" / "frontdesk.log")
    return redactor


def log_to_stderr(settings: Settings, *, level: int = logging.INFO) -> Redactor:
    """For a service: whoever started it keeps what it says; returns the same as ``log_to_file``."""
    redactor = Redactor(settings.secret_values())
    configure_logs(redactor, level=level)
    return redactor
