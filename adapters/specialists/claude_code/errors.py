"""What went wrong in a run of Claude Code, as one of our reasons and one sentence.

The order matters: an exception of the process first, then ``is_error`` with its terminal reason. A result's
``subtype`` says "success" even when the model platform refused everything, so it never decides alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from claude_agent_sdk import (
    ClaudeSDKError,
    CLIConnectionError,
    CLIJSONDecodeError,
    CLINotFoundError,
    ProcessError,
    ResultError,
    ResultMessage,
)

from bot.errors import Reason

INSTALL: Final = "pip install 'frontdesk[claude]'"
LOST: Final = "No conversation found"
IN_USE: Final = "is already in use"


@dataclass(frozen=True, slots=True)
class Failure:
    reason: Reason
    detail: str
    resume_at: datetime | None = None  # of a rate limit, when it is known


def of_exception(error: BaseException, stderr: str, project: str) -> Failure:
    """A process that could not start, died, or spoke nonsense."""
    said = "\n".join(part for part in (str(error), stderr) if part)
    match error:
        case ResultError():
            return of_words(error.terminal_reason, error.api_error_status, None, said)
        case CLINotFoundError():
            return Failure(Reason.NOT_FOUND, f"{error}. Install it with: {INSTALL}")
        case CLIJSONDecodeError():
            return Failure(Reason.PROTOCOL, f"Claude Code wrote what is no message. {said}")
        case ProcessError() if "root/sudo" in stderr:
            return Failure(Reason.PERMISSION, _ROOT.format(project=project))
        case ProcessError() if "sandbox" in stderr.lower():
            return Failure(Reason.SANDBOX, f"Claude Code refuses to start without its sandbox. {said}")
        case ProcessError():
            return Failure(
                Reason.CRASHED, f"Claude Code ended with exit code {error.exit_code}. {stderr}".strip()
            )
        case CLIConnectionError() if "Working directory" in said:
            return Failure(Reason.NOT_FOUND, f"{error}. Create it, or correct the project's directory.")
        case CLIConnectionError():
            return Failure(Reason.CRASHED, f"Claude Code went away while it was being talked to. {said}")
        case ClaudeSDKError():
            return Failure(Reason.PROTOCOL, f"Claude Code sent a message that cannot be read. {said}")
        case TimeoutError():
            return Failure(Reason.PROTOCOL, f"Claude Code said nothing when it was started. {stderr}".strip())
        case _:
            return Failure(Reason.CRASHED, said)


_ROOT: Final = (
    "Claude Code refuses bypassPermissions as root. Run Frontdesk as another user, or set "
    'permission_mode = "acceptEdits" in [projects.{project}] in frontdesk.toml.'
)


def of_result(result: ResultMessage, said: str | None) -> Failure:
    """A result with ``is_error``; ``said`` is the error kind of the last assistant message."""
    words = "; ".join(result.errors or ()) or result.result or result.subtype
    return of_words(result.terminal_reason, result.api_error_status, said, words)


def of_words(terminal: str | None, status: int | None, kind: str | None, words: str) -> Failure:
    match (terminal, status, kind):
        case (_, 401 | 403, _) | (_, _, "authentication_failed"):
            return Failure(Reason.AUTH, words)
        case (_, 402, _) | (_, _, "billing_error"):
            return Failure(Reason.BUDGET, words)
        case (_, 429, _) | (_, _, "rate_limit"):
            return Failure(Reason.RATE_LIMIT, words)
        case (_, int(), _) if status >= 500:
            return Failure(Reason.OVERLOADED, words)
        case ("api_error", None, _) | (_, _, "server_error"):
            return Failure(Reason.OVERLOADED, f"The model platform could not be reached. {words}")
        case (_, int(), _) | (_, _, "invalid_request"):
            return Failure(Reason.PROTOCOL, words)
        case _ if LOST in words:
            return Failure(Reason.SESSION_LOST, words)
        case _:
            return Failure(Reason.CRASHED, words)
