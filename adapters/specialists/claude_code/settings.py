"""What the operator decides once for all runs of Claude Code; the rest comes with each piece of work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

BASE_URL: Final = "ANTHROPIC_BASE_URL"


class Auth(StrEnum):
    API_KEY = "api-key"
    OAUTH_TOKEN = "oauth-token"  # noqa: S105 - the name of a way to sign in, from `claude setup-token`
    LOGIN = "login"  # the operator's own `claude` login; the work then names its config directory


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ClaudeCodeSettings:
    home: str  # the house's own directory; it marks every process of a run
    auth: Auth = Auth.LOGIN
    credential: str | None = field(default=None, repr=False)  # the key or token; None with a login
    login_dir: str = "~/.claude"  # where `claude` keeps the operator's login
    base_url: str | None = None  # a gateway instead of api.anthropic.com
    program: str | None = None  # None: the one inside the SDK
    retention_days: int = 30  # how long transcripts are kept
    max_retries: int | None = None  # of one model request; None: Claude Code's own default
    start_timeout_s: float = 60.0
    now: Callable[[], datetime] = _utc_now

    def credential_environment(self) -> dict[str, str]:
        """The one credential a worker may see, and where to use it."""
        names = {Auth.API_KEY: "ANTHROPIC_API_KEY", Auth.OAUTH_TOKEN: "CLAUDE_CODE_OAUTH_TOKEN"}
        found = {names[self.auth]: self.credential} if self.auth in names and self.credential else {}
        return found | ({BASE_URL: self.base_url} if self.base_url else {})

    def redacted(self, text: str) -> str:
        return text.replace(self.credential, "[redacted]") if self.credential else text
