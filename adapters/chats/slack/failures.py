"""What went wrong at Slack, in the house's words: whether to try again, and whether it may have arrived.

* ratelimited         busy: wait as long as it says
* token errors        a person has to replace the token; until then nothing is thrown away
* gone, forbidden     final: the channel is archived, the message deleted, the app not invited
* internal_error …    ambiguous, and so is a connection that broke after the request: look it up by its key
* not connected       nothing was sent: try again
* anything else       final
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final, cast

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.chats.slack.wire import table
from bot.errors import ChatError

RETRY_S: Final = 5.0
BUSY_S: Final = 30.0
"""When Slack does not say for how long."""
TOKEN_RETRY_S: Final = 300.0

TOKEN_ERRORS: Final = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "not_allowed_token_type",
    }
)
_GONE: Final = frozenset(
    {
        *("channel_not_found", "is_archived", "thread_not_found", "message_not_found", "cant_update_message"),
        *("edit_window_closed", "user_not_found", "file_not_found", "file_deleted"),
    }
)
_FORBIDDEN: Final = frozenset(
    {
        *("not_in_channel", "user_not_in_channel", "missing_scope", "no_permission", "ekm_access_denied"),
        *(
            "messages_tab_disabled",
            "cannot_dm_bot",
            "user_disabled",
            "access_denied",
            "not_enabled",
            "team_access_not_granted",
        ),
    }
)
_UNSURE: Final = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_BLOCKS: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "invalid_arguments"}
)
_UNSENT: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_REMEDIES: Final = {
    "not_in_channel": "invite the app there with /invite",
    "missing_scope": "add the scope to the app and install it again",
    "is_archived": "the channel is archived",
    "not_enabled": "turn on the Home tab under “App Home” in the app's pages",
}


@contextmanager
def own_errors(what: str, retry_s: float = RETRY_S) -> Generator[None]:
    """Raise ChatError instead of the libraries' errors; ``what`` could not be done."""
    try:
        yield
    except SlackApiError as error:
        raise chat_error(error, what, retry_s) from error
    except SlackClientError as error:
        raise ChatError(f"Slack: {what} failed ({error}).", retry_after_s=retry_s) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        unsent = isinstance(error, _UNSENT)
        said = f"Slack: {what} failed ({type(error).__name__})."
        raise ChatError(said, retry_after_s=retry_s, ambiguous=not unsent) from error


def chat_error(error: SlackApiError, what: str, retry_s: float = RETRY_S) -> ChatError:
    code, status = code_of(error), status_of(error)
    remedy = f"; {_REMEDIES[code]}" if code in _REMEDIES else ""
    said = f"Slack: {what} failed ({code or f'status {status}'}{remedy})."
    if status == 429 or code == "ratelimited":
        return ChatError(said, retry_after_s=wait_s(error))
    if code in TOKEN_ERRORS:
        return ChatError(
            f"{said} Put valid tokens into SLACK_BOT_TOKEN and SLACK_APP_TOKEN; "
            "where several workspaces are served, install the app there again.",
            retry_after_s=TOKEN_RETRY_S,
        )
    if status >= 500 or code in _UNSURE:
        return ChatError(said, retry_after_s=retry_s, ambiguous=True)
    forbidden = code in _FORBIDDEN or code.startswith("restricted_action")
    return ChatError(said, gone=code in _GONE, forbidden=forbidden)


def code_of(error: SlackApiError) -> str:
    answer = _answer(error)
    return str(table(getattr(answer, "data", answer)).get("error") or "")


def status_of(error: SlackApiError) -> int:
    answer = _answer(error)
    return int(getattr(answer, "status_code", None) or getattr(answer, "status", None) or 200)


def wait_s(error: SlackApiError) -> float:
    headers = cast("Mapping[str, str]", getattr(_answer(error), "headers", {}))
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return float(given) if given.isdecimal() else BUSY_S


def is_about_blocks(error: SlackApiError) -> bool:
    """The same words without blocks may be taken."""
    return code_of(error) in _BLOCKS


def _answer(error: SlackApiError) -> Any:
    return cast("Any", error).response
