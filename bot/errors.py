"""What can go wrong, as the house sees it; every message is a sentence that says what to do next.

* FrontdeskError
  - SettingsError      the configuration is wrong: where, and the nearest valid key
  - IllegalMove        a state machine was asked for a move it does not have
  - Conflict           somebody changed the row first; read it again
  - Refused            the person may not do this, or it does not apply now
  - StoreError         the database did not answer or did not commit; nothing was acknowledged
    - NewerDatabase    the file belongs to a newer version and was left untouched
  - ChatError          retry_after_s: seconds, or None = do not retry
  - SpecialistError    reason: one of Reason; session: resume from here, or None
  - SecretaryError     no model answered; rules mode goes on
  - HearingError       a voice note did not become words; its person is told why
  - AttachmentError    an attached file could not be fetched; likewise
"""

from __future__ import annotations

from enum import StrEnum


class FrontdeskError(Exception):
    """Something went wrong that Frontdesk knows how to put into words."""


class SettingsError(FrontdeskError):
    """The configuration cannot be used as it is."""


class IllegalMove(FrontdeskError):
    """A state machine was asked for a move it does not have."""


class Conflict(FrontdeskError):
    """The row was changed by somebody else first."""


class Refused(FrontdeskError):
    """A verb was refused; the message is for the person who asked."""


class StoreError(FrontdeskError):
    """The database did not commit; nothing was acknowledged, trying again is safe."""


class NewerDatabase(StoreError):
    """The database was written by a newer Frontdesk and was left untouched."""


class ChatError(FrontdeskError):
    """A chat platform refused or did not answer."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        gone: bool = False,
        forbidden: bool = False,
        ambiguous: bool = False,
    ) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.gone = gone
        self.forbidden = forbidden
        self.ambiguous = ambiguous  # the request may have arrived: look up by key before sending again

    @property
    def is_final(self) -> bool:
        """Trying again would change nothing."""
        return self.retry_after_s is None and not self.ambiguous


class Reason(StrEnum):
    """Why a run could not do its work; each has its remedy in ``reports``."""

    TIMEOUT = "timeout"
    PERMISSION = "permission"
    BUDGET = "budget"
    TURNS = "turns"
    SILENCE = "silence"
    NOT_FOUND = "not_found"
    AUTH = "auth"
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    CRASHED = "crashed"
    PROTOCOL = "protocol"
    SESSION_LOST = "session_lost"
    RECURSION = "recursion"
    SANDBOX = "sandbox"
    TOO_LONG = "too_long"
    REFUSED = "refused"
    INPUT = "input"


class SpecialistError(FrontdeskError):
    """A specialist could not start or go on."""

    def __init__(self, message: str, *, reason: Reason, session: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.session = session


class SecretaryError(FrontdeskError):
    """No model could be asked; the message says what happened and what happens next."""


class HearingError(FrontdeskError):
    """A voice note could not be turned into words."""


class AttachmentError(FrontdeskError):
    """An attached file could not be fetched."""
