"""The level "claude": Claude Code's own sandbox around its shell commands, and rules for its file tools.

For systems without bubblewrap's namespaces (macOS has Seatbelt). It leaves Claude Code itself outside, so a
hole in its file tools is a hole in this level. As root it leaves the kernel's settings writable, which the
canary finds. Its sockets lie in TMPDIR, so a scratch directory with a path near 100 characters cannot work.
"""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from adapters.specialists.child.environment import Marker
from adapters.specialists.child.output import Ended, run
from adapters.specialists.sandbox.walls import Walls
from bot.errors import Reason, SpecialistError

_TIMEOUT_S: Final = 60.0
_QUIET: Final = {
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_MAX_RETRIES": "1",
}


def claude_settings(walls: Walls, *, hidden_variables: Sequence[str] = ()) -> dict[str, object]:
    """For ``--settings``, which a repository's own settings cannot undo.

    ``hidden_variables`` are kept from shell commands: the credential of Claude Code itself.
    """
    hidden, opened = list(walls.hidden()), list(walls.opened())
    return {
        "sandbox": {
            "enabled": True,
            "failIfUnavailable": True,
            "allowUnsandboxedCommands": False,
            "excludedCommands": [],
            "filesystem": {
                "denyRead": hidden,
                "denyWrite": [*hidden, *walls.frozen()],
                "allowRead": opened,
                "allowWrite": opened,
            },
            "credentials": {"envVars": [{"name": name, "mode": "deny"} for name in hidden_variables]},
        },
        "permissions": {"deny": [rule for path in hidden for rule in _rules(path)]},
    }


def _rules(path: str) -> list[str]:
    """An absolute path has two slashes in Claude Code's rules; a directory's files are named by ``/**``."""
    return [f"{tool}(/{path}{rest})" for tool in ("Read", "Edit") for rest in ("", "/**")]


async def run_in_bash(
    command: Sequence[str],
    claude: str | None,
    walls: Walls,
    *,
    environment: Mapping[str, str],
    marker: Marker,
    secret: str,
) -> Ended:
    """Let the real Claude Code run ``command`` with its Bash tool, then read ``secret`` with its Read tool.

    A model on loopback tells it to. What its tools answered is added to the standard output. Raises
    SpecialistError when ``claude`` is None.
    """
    if claude is None:
        raise SpecialistError(
            'The sandbox level "claude" is Claude Code\'s own: only that specialist can use it.',
            reason=Reason.SANDBOX,
        )
    calls = [("Bash", {"command": shlex.join(command)}), ("Read", {"file_path": secret})]
    async with _model(calls) as (address, answers):
        own = {
            "ANTHROPIC_BASE_URL": address,
            "ANTHROPIC_API_KEY": "canary",
            "CLAUDE_CONFIG_DIR": walls.scratch,
        }
        ended = await run(
            [claude, *_arguments(walls)],
            environment={**environment, **_QUIET, **own},
            directory=walls.directory,
            timeout_s=_TIMEOUT_S,
            stdin=b"Run the canary.",
            marker=marker,
        )
    ended.stdout.feed("\n".join(answers).encode())
    return ended


def _arguments(walls: Walls) -> list[str]:
    settings = json.dumps(claude_settings(walls, hidden_variables=["ANTHROPIC_API_KEY"]))
    return [
        *("-p", "--settings", settings, "--setting-sources", "", "--strict-mcp-config"),
        *("--tools", "Bash,Read", "--allowedTools", "Bash,Read", "--no-session-persistence"),
    ]


# ── a model that only knows which tools to call ──────────────────────────────────────────────────────────

Call = tuple[str, dict[str, str]]


@asynccontextmanager
async def _model(calls: Sequence[Call]) -> AsyncGenerator[tuple[str, list[str]]]:
    """Its address, and a list that fills with the tools' answers: one call after another, then a word."""
    answers: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await _read_request(reader)
            told = _tool_answers(asked)
            answers[:] = told
            block = _use(len(told), *calls[len(told)]) if len(told) < len(calls) else None
            writer.write(_response(block))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", answers


async def _read_request(reader: asyncio.StreamReader) -> dict[str, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return json.loads(body or b"{}")


def _tool_answers(asked: dict[str, Any]) -> list[str]:
    contents: list[Any] = [message["content"] for message in asked.get("messages", [])]
    blocks: list[Any] = [block for content in contents if isinstance(content, list) for block in content]  # pyright: ignore[reportUnknownVariableType] - any JSON
    return [json.dumps(block) for block in blocks if block.get("type") == "tool_result"]


def _use(number: int, tool: str, given: dict[str, str]) -> list[tuple[str, object]]:
    block = {"type": "tool_use", "id": f"toolu_canary{number}", "name": tool, "input": dict[str, str]()}
    delta = {"type": "input_json_delta", "partial_json": json.dumps(given)}
    return [("content_block_start", {"content_block": block}), ("content_block_delta", {"delta": delta})]


_WORD: Final[list[tuple[str, object]]] = [
    ("content_block_start", {"content_block": {"type": "text", "text": ""}}),
    ("content_block_delta", {"delta": {"type": "text_delta", "text": "Done."}}),
]


def _response(use: list[tuple[str, object]] | None) -> bytes:
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {
        "id": "msg_canary",
        "type": "message",
        "role": "assistant",
        "model": "canary",
        "content": list[str](),
    }
    events: list[tuple[str, Any]] = [
        ("message_start", {"message": message | {"stop_reason": None, "usage": usage}}),
        *((name, {"index": 0} | dict(data)) for name, data in (use or _WORD)),  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownArgumentType]
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": {"stop_reason": "tool_use" if use else "end_turn"}, "usage": usage}),
        ("message_stop", {}),
    ]
    body = "".join(f"event: {name}\ndata: {json.dumps({'type': name} | data)}\n\n" for name, data in events)
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
