"""The process of one run and the SDK's client that talks to it; both end together, and all below them."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any, Final

from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, Message

from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import Identity, identify, kill_tree, marked, table
from adapters.specialists.claude_code import payload
from bot.crash import Point, crash_point

_STDERR_LINES: Final = 50
_STDERR_LINE_CHARS: Final = 1_000
_CONTROL_S: Final = 2.0


class Connection:
    def __init__(self, marker: Marker, start_timeout_s: float) -> None:
        self.identity: Identity | None = None
        self.version = ""
        self.model = ""
        self._marker = marker
        self._start_timeout_s = start_timeout_s
        self._client: ClaudeSDKClient | None = None
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)

    @property
    def stderr(self) -> str:
        """The last lines the program wrote beside its messages."""
        return "\n".join(self._stderr)

    def note_stderr(self, line: str) -> None:
        self._stderr.append(line[:_STDERR_LINE_CHARS])

    async def open(self, options: ClaudeAgentOptions) -> None:
        """Start the program and shake hands; raises what the SDK raises, or TimeoutError."""
        self._stderr.clear()
        self._client = ClaudeSDKClient(options)
        async with asyncio.timeout(self._start_timeout_s):
            await self._client.connect()
        self.identity = await asyncio.to_thread(_own_child, self._client, self._marker)
        crash_point(Point.AFTER_SPAWN)
        info = payload.table(await self._client.get_server_info())
        self.version = payload.text(info.get("claude_code_version"))
        self.model = options.model or _default_model(info)

    def messages(self) -> AsyncIterator[Message]:
        return self._connected().receive_messages()

    async def tell(self, words: str, message_id: str) -> None:
        """Say something to the session, as a turn of its own or within the running one."""

        async def only() -> AsyncIterator[dict[str, Any]]:
            message = {"role": "user", "content": words}
            yield {"type": "user", "message": message, "parent_tool_use_id": None, "uuid": message_id}

        await self._connected().query(only())

    async def interrupt(self) -> None:
        """Ask the turn to end; a program that does not even answer is left to the caller's patience."""
        with contextlib.suppress(Exception):  # it may be gone already, which is what we want
            async with asyncio.timeout(_CONTROL_S):
                await self._connected().interrupt()

    async def kill(self) -> None:
        await kill_tree(self.identity, 0, self._marker)

    async def close(self, *, at_once: bool) -> None:
        """End the program, in order unless ``at_once``, and all that it left. A second call is harmless."""
        if at_once:
            await self.kill()
        client, self._client = self._client, None
        if client is not None:
            pipe = _stdout(client)
            await client.disconnect()
            await _drain(pipe)
        await self.kill()

    def _connected(self) -> ClaudeSDKClient:
        if self._client is None:
            raise ConnectionError("Claude Code is not running.")
        return self._client


def _own_child(client: ClaudeSDKClient, marker: Marker) -> Identity | None:
    """The process of the run that we started ourselves: the top of its tree.

    The SDK keeps its pid to itself; where it cannot be had, the whole process table is searched, which takes
    as long as a step of the program.
    """
    pid = getattr(getattr(getattr(client, "_transport", None), "_process", None), "pid", None)
    return identify(pid) if isinstance(pid, int) else _found_child(marker)


def _found_child(marker: Marker) -> Identity | None:
    ours = {identity.pid for identity in marked(marker)}
    own = os.getpid()
    return next(
        (seen.identity for seen in table().values() if seen.identity.pid in ours and seen.parent == own), None
    )


def _stdout(client: ClaudeSDKClient) -> AsyncIterable[str] | None:
    """The program's pipe, which the SDK keeps to itself and leaves open when it stops reading in a flood."""
    return getattr(getattr(client, "_transport", None), "_stdout_stream", None)


async def _drain(pipe: AsyncIterable[str] | None) -> None:
    """Take what an ended program has left, so that the event loop sees the end and closes the pipe."""
    if pipe is None:
        return
    with contextlib.suppress(Exception):  # closed already, which is what we want
        async with asyncio.timeout(_CONTROL_S):
            async for _ in pipe:
                pass


def _default_model(info: payload.Payload) -> str:
    for model in map(payload.table, payload.items(info.get("models"))):
        if model.get("value") == "default":
            return payload.text(model.get("resolvedModel")) or payload.text(model.get("displayName"))
    return ""
