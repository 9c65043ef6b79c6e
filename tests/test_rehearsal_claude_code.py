"""The real Claude Code program, driven by a script of the rehearsed model platform."""

from pathlib import Path
from typing import Any

import pytest
from claude_agent_sdk import (
    CanUseTool,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    ResultMessage,
    ToolPermissionContext,
    query,
)

from adapters.rehearsal.model_server import ModelServer, Script, Use, rule, step

pytestmark = pytest.mark.claude

COLOUR = {
    "question": "Which colour?",
    "header": "Colour",
    "multiSelect": False,
    "options": [{"label": "red", "description": "warm"}, {"label": "blue", "description": "cold"}],
}
QUIET = (
    "DISABLE_AUTOUPDATER",
    "DISABLE_TELEMETRY",
    "DISABLE_ERROR_REPORTING",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
)


def options(
    server: ModelServer, home: Path, *, resume: str | None = None, ask: CanUseTool | None = None
) -> ClaudeAgentOptions:
    """The real binary, on this server, with nothing of the machine's own configuration."""
    env = {
        "ANTHROPIC_BASE_URL": server.url,
        "ANTHROPIC_API_KEY": "sk-planted",
        "CLAUDE_CONFIG_DIR": str(home / "claude"),
    }
    return ClaudeAgentOptions(
        cwd=home,
        env={**env, **dict.fromkeys(QUIET, "1")},
        setting_sources=[],
        tools=["Write", "Bash", "AskUserQuestion"],
        permission_mode="default" if ask else "acceptEdits",
        resume=resume,
        can_use_tool=ask,
    )


async def results(client: ClaudeSDKClient) -> list[str | None]:
    return [one.result async for one in client.receive_response() if isinstance(one, ResultMessage)]


async def test_claude_code_writes_a_file_and_its_resumed_session_hears_a_second_prompt(
    tmp_path: Path,
) -> None:
    """A script drives the real program through a tool, an ending, and a follow-up in another process."""
    write = Use("Write", {"file_path": "{{cwd}}/parser.py", "content": "fixed = True\n"})
    script = Script(
        rules=(rule("fix the parser", [write, "Done: {{result}}"]), rule("thank", ["You are welcome."]))
    )
    async with ModelServer(script) as server:
        first = [
            one async for one in query(prompt="Please fix the parser.", options=options(server, tmp_path))
        ]
        ended = first[-1]
        assert isinstance(ended, ResultMessage)
        resumed = options(server, tmp_path, resume=ended.session_id)
        second = [one async for one in query(prompt="Thank you!", options=resumed)]
    again = second[-1]
    assert isinstance(again, ResultMessage)
    assert (tmp_path / "parser.py").read_text() == "fixed = True\n"
    assert (ended.result or "").startswith("Done: File created successfully")
    assert (again.result, again.session_id) == ("You are welcome.", ended.session_id)
    assert 0 < (ended.total_cost_usd or 0) < (again.total_cost_usd or 0)
    assert [(request.rule, request.step) for request in server.journal.of("work")] == [(0, 0), (0, 1), (1, 0)]


async def test_a_scripted_question_is_asked_and_a_refused_call_is_repeated(tmp_path: Path) -> None:
    """AskUserQuestion reaches can_use_tool; its answer fills the next step, which is repeated on request."""
    asked: list[str] = []

    async def ask(tool: str, given: dict[str, Any], _: ToolPermissionContext) -> PermissionResult:
        asked.append(f"{tool} {given.get('command', '')}".strip())
        if tool == "AskUserQuestion":
            return PermissionResultAllow(updated_input={**given, "answers": {"Which colour?": "blue"}})
        if len(asked) == 2:
            return PermissionResultDeny(message="Call the tool again with exactly the same input.")
        return PermissionResultAllow(updated_input=given)

    paint = Use("Bash", {"command": "touch {{colour}}.txt"})
    steps = [
        Use("AskUserQuestion", {"questions": [COLOUR]}),
        step(paint, only_if='"="(?P<colour>blue)"', repeat_while="Call the tool again"),
        "Painted {{colour}}.",
    ]
    script = Script(rules=(rule("paint it", steps),))
    async with ModelServer(script) as server, ClaudeSDKClient(options(server, tmp_path, ask=ask)) as client:
        await client.query("paint it")
        assert await results(client) == ["Painted blue."]
    assert asked == ["AskUserQuestion", "Bash touch blue.txt", "Bash touch blue.txt"]
    assert (tmp_path / "blue.txt").exists()


async def test_a_word_written_while_claude_code_works_starts_its_own_rule(tmp_path: Path) -> None:
    """A message sent in the middle of a turn reaches the script as a prompt."""

    async def ask(_: str, given: dict[str, Any], __: ToolPermissionContext) -> PermissionResult:
        await client.query("By the way: hurry.")
        return PermissionResultAllow(updated_input=given)

    script = Script(
        rules=(rule("begin", [Use("Bash", {"command": "touch x"}), "No."]), rule("hurry", ["Faster."]))
    )
    async with ModelServer(script) as server, ClaudeSDKClient(options(server, tmp_path, ask=ask)) as client:
        await client.query("begin")
        assert await results(client) == ["Faster."]
