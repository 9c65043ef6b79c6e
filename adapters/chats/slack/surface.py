"""What Slack shows beside messages, where a workspace and the app have it; elsewhere nothing happens.

Each method is tried; once Slack says that it does not know it, or not for this app, it is not called again
while the house runs. No person ever reads of it. https://docs.slack.dev/ai/agents
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.chats.pace import Line, Rate
from adapters.chats.slack.failures import code_of, status_of, wait_s
from adapters.chats.slack.places import Place
from adapters.chats.slack.web import Web
from adapters.chats.slack.wire import Json
from bot.model.signs import Sign

_log = structlog.get_logger("slack")

THINKING: Final = "is thinking…"
WORKING: Final = "is working…"

LACKING: Final = frozenset(
    {
        *("unknown_method", "missing_scope", "not_allowed_token_type", "feature_not_enabled"),
        *("method_deprecated", "not_enabled", "no_permission", "access_denied"),
    }
)
"""The workspace, or the app in it, is without the method."""
MOST_REFUSALS: Final = 3
"""In a row, whatever Slack calls them: then it counts as lacking as well."""
_PASSING: Final = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable"})

MAX_TITLE: Final = 200
MOST_PROMPTS: Final = 4
MAX_PROMPT_TITLE: Final = 60

_STATUSES: Final = {
    Sign.WORKING: "processing",  # with Slack's own stop button
    Sign.WAITING: "suspended",
    Sign.IDLE: "active",
    Sign.CLOSED: "closed",
}


class Surface:
    def __init__(self, web: Web, signs: tuple[Rate, ...], line: Line | None = None) -> None:
        self._web = web
        self._signs = signs
        self._line = line or Line()
        self._refusals: Counter[str] = Counter()

    async def think(self, where: Place) -> None:
        """Shown until our next message there."""
        if where.thread is not None:
            await self._set_status(where, THINKING)

    async def show(self, where: Place, sign: Sign, title: str) -> None:
        """A session's status and title; without sessions, that somebody works, and a title in private."""
        if where.thread is None or where.user is not None:
            return
        there: Json = {"channel_id": where.channel, "thread_ts": where.thread}
        if self.has("agents.sessions.setStatus"):
            await self._line.wait("signs", self._signs)
            await self._call(
                "agents.sessions.setStatus", **there, status=_STATUSES[sign], title=title[:MAX_TITLE]
            )
        if self.has("agents.sessions.setStatus"):
            return
        await self._set_status(where, WORKING if sign is Sign.WORKING else "")
        if where.channel.startswith("D"):
            await self._call("assistant.threads.setTitle", **there, title=title[:MAX_TITLE])

    async def suggest(self, channel: str, words: Sequence[str]) -> None:
        """What a person may begin with, above the field in which they write."""
        prompts = [{"title": each[:MAX_PROMPT_TITLE], "message": each} for each in words[:MOST_PROMPTS]]
        if prompts:
            await self._call("assistant.threads.setSuggestedPrompts", channel_id=channel, prompts=prompts)

    def has(self, method: str) -> bool:
        """As far as is known."""
        return self._refusals[method] < MOST_REFUSALS

    async def _set_status(self, where: Place, status: str) -> None:
        await self._call(
            "assistant.threads.setStatus", channel_id=where.channel, thread_ts=where.thread, status=status
        )

    async def _call(self, method: str, *, again: bool = True, **arguments: object) -> Json | None:
        """Once more after as long as Slack asks to wait."""
        if not self.has(method):
            return None
        try:
            answer = await self._web.call(method, **arguments)
        except SlackApiError as error:
            self._refused(method, error)
            if again and code_of(error) == "ratelimited":
                await asyncio.sleep(wait_s(error))
                return await self._call(method, again=False, **arguments)
            return None
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.info("slack.no_sign", method=method, error=type(error).__name__)
            return None
        self._refusals[method] = 0
        return answer

    def _refused(self, method: str, error: SlackApiError) -> None:
        code = code_of(error)
        if code in LACKING:
            self._refusals[method] = MOST_REFUSALS
        elif code not in _PASSING and status_of(error) < 429:
            self._refusals[method] += 1
        _log.info("slack.no_sign", method=method, error=code, again=self.has(method))
