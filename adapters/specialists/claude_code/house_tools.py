"""What a run can do for people besides its work: post an urgent note, hand a file over."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from claude_agent_sdk import McpSdkServerConfig, create_sdk_mcp_server, tool

from adapters.specialists.claude_code.paths import Fence
from bot.model.events import Event, Made, Noticed, NoticeKind
from bot.ports import Work

SERVER: Final = "frontdesk"
RULE: Final = f"mcp__{SERVER}"
MAX_NOTES: Final = 3
MAX_FILES: Final = 20
MAX_FILE_BYTES: Final = 20 * 1024 * 1024
_MAX_NOTE_CHARS: Final = 2_000

Emit = Callable[[Event], Awaitable[None]]


class Refusal(Exception):
    """The tool was called in a way it cannot serve; the message tells the model how to do better."""


class HouseTools:
    """The tools of one run, with what it has used up."""

    def __init__(self, work: Work, emit: Emit) -> None:
        self._work = work
        self._emit = emit
        self._fence = Fence.of(work)
        self._notes = 0
        self._files = 0

    async def notify(self, words: str) -> str:
        if self._notes >= MAX_NOTES:
            raise Refusal(
                f"Only {MAX_NOTES} urgent notes are possible in one run; put the rest into your result."
            )
        if not words.strip():
            raise Refusal("An urgent note needs words.")
        self._notes += 1
        await self._emit(Noticed(NoticeKind.URGENT, words.strip()[:_MAX_NOTE_CHARS]))
        return "Posted."

    async def hand_over(self, name: str) -> str:
        if self._files >= MAX_FILES:
            raise Refusal(f"Only {MAX_FILES} files can be handed over in one run; pack the rest together.")
        path = self._allowed(Path(self._work.directory, name).resolve())
        self._files += 1
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        await self._emit(Made(path.name, path.read_bytes(), kind))
        return f"Handed over {path.name}."

    def _allowed(self, path: Path) -> Path:
        """The file itself, judged where its name leads."""
        rooms = [Path(room).resolve() for room in (self._work.directory, self._work.scratch)]
        if not any(path.is_relative_to(room) for room in rooms):
            raise Refusal(f"{path} lies outside the working directory; copy it there first.")
        if self._fence.forbidden("Read", {"file_path": str(path)}):
            raise Refusal(f"{path} belongs to the house and cannot be handed over.")
        if not path.is_file():
            raise Refusal(f"There is no file {path}.")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise Refusal(
                f"{path.name} is larger than {MAX_FILE_BYTES // 1024 // 1024} MB; compress or split it."
            )
        return path

    def server(self) -> McpSdkServerConfig:
        """Both tools as an MCP server that runs in this process."""

        @tool("notify_person", "Post one short urgent note to the person at once.", {"text": str})
        async def notify_person(given: dict[str, Any]) -> dict[str, Any]:
            return await _answer(self.notify(str(given["text"])))

        @tool("hand_over_file", "Hand a file over to the person: its path.", {"path": str})
        async def hand_over_file(given: dict[str, Any]) -> dict[str, Any]:
            return await _answer(self.hand_over(str(given["path"])))

        return create_sdk_mcp_server(SERVER, tools=[notify_person, hand_over_file])


async def _answer(work: Awaitable[str]) -> dict[str, Any]:
    try:
        return {"content": [{"type": "text", "text": await work}]}
    except (Refusal, OSError) as refusal:
        return {"content": [{"type": "text", "text": str(refusal)}], "is_error": True}
