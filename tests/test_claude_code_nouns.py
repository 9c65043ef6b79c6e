"""The small parts of the Claude Code specialist that need no program."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from claude_agent_sdk import ResultMessage

from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import marked
from adapters.specialists.claude_code import approvals, errors, titles, transcripts
from adapters.specialists.claude_code.checklist import Checklist
from adapters.specialists.claude_code.outcome import Ledger
from adapters.specialists.claude_code.settings import Auth, ClaudeCodeSettings
from bot.errors import Reason
from bot.model.dispatches import Billing, ParkReason, Step, StepState
from bot.model.events import Parked
from bot.ports import Limits, Work

WORK = Work(
    run="d1/1",
    dispatch="d1",
    attempt=1,
    prompt="go",
    session=str(uuid.UUID(int=1)),
    resume=False,
    token="",
    session_usd=0.0,
    directory="/project",
    config_dir="/state",
    scratch="/scratch",
    project="api",
    permission_mode="acceptEdits",
    tools_allowed=None,
    tools_denied=(),
    trust="none",
    sandbox="none",
    environment={},
    model=None,
    limits=Limits(),
)


def ended(**changes: object) -> ResultMessage:
    plain: dict[str, object] = {
        "subtype": "success",
        "duration_ms": 1,
        "duration_api_ms": 1,
        "is_error": False,
        "num_turns": 1,
        "session_id": WORK.session,
        "total_cost_usd": 3.0,
    }
    return ResultMessage(**{**plain, **changes})  # pyright: ignore[reportArgumentType] - fields by name


@pytest.mark.parametrize(
    ("tool", "given", "title"),
    [
        ("Bash", {"command": "pytest -q\n  tests", "description": "Run"}, "pytest -q tests"),
        ("Edit", {"file_path": "/project/src/a.py"}, "Edit src/a.py"),
        ("Read", {"file_path": "/etc/hosts"}, "Read /etc/hosts"),
        ("Grep", {"pattern": "def f", "path": "/project"}, "Grep def f"),
        ("WebFetch", {"url": "https://x.y", "prompt": "p"}, "WebFetch https://x.y"),
        ("mcp__tracker__open", {}, "tracker open"),
        ("Bash", {"command": "x" * 200}, "x" * 79 + "…"),
    ],
)
def test_a_tool_has_one_line_for_the_card(tool: str, given: dict[str, str], title: str) -> None:
    """Relative to the directory, on one line, cut."""
    assert titles.title(tool, given, "/project") == title


@pytest.mark.parametrize(
    ("tool", "command", "rule"),
    [
        ("Bash", "git push origin main", "Bash(git push *)"),
        ("Bash", "pytest", "Bash(pytest *)"),
        ("Bash", "make -j4 test", "Bash(make *)"),
        ("Bash", "./deploy.sh now", "Bash(./deploy.sh now)"),
        ("WebFetch", "", "WebFetch"),
    ],
)
def test_a_remedy_names_the_narrowest_sensible_rule(tool: str, command: str, rule: str) -> None:
    """complaints row 8 (OC #23276): approving one command never allows a whole shell."""
    line = approvals.remedy(tool, {"command": command}, "api", ())
    assert line == f'add allowed_tools = ["{rule}"] to [projects.api] in frontdesk.toml'


def test_a_hash_binds_tool_input_directory_and_commit() -> None:
    """The order of the input's keys is not part of what was shown."""
    one = approvals.approval("Bash", {"a": 1, "b": "ü"}, "/d", "c")
    assert one == approvals.approval("Bash", {"b": "ü", "a": 1}, "/d", "c")
    others = [
        approvals.approval("Bash2", {"a": 1, "b": "ü"}, "/d", "c"),
        approvals.approval("Bash", {"a": 1, "b": "u"}, "/d", "c"),
        approvals.approval("Bash", {"a": 1, "b": "ü"}, "/e", "c"),
        approvals.approval("Bash", {"a": 1, "b": "ü"}, "/d", "d"),
    ]
    assert one.hash not in {other.hash for other in others}


def test_the_commit_is_that_of_the_directory(tmp_path: Path) -> None:
    """Empty where there is no repository or no commit yet."""
    assert asyncio.run(approvals.commit_of(str(tmp_path))) == ""
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", "-C", str(tmp_path), *identity, *command], check=True)
    assert len(asyncio.run(approvals.commit_of(str(tmp_path)))) == 40


def test_todo_write_of_older_models_is_a_checklist_too() -> None:
    """Haiku and friends still write their todos as a whole."""
    todos = [{"content": "Read", "status": "completed"}, {"content": "Write", "status": "in_progress"}]
    steps = Checklist().record("TodoWrite", {"todos": todos}, {})
    assert steps == (Step("1", "Read", StepState.DONE), Step("2", "Write", StepState.ACTIVE))


@pytest.mark.parametrize(
    ("terminal", "status", "kind", "words", "reason"),
    [
        ("api_error", 401, None, "", Reason.AUTH),
        (None, None, "authentication_failed", "Not logged in", Reason.AUTH),
        ("api_error", 402, "billing_error", "", Reason.BUDGET),
        ("api_error", 429, "rate_limit", "", Reason.RATE_LIMIT),
        ("api_error", 529, "server_error", "", Reason.OVERLOADED),
        ("api_error", None, "server_error", "", Reason.OVERLOADED),
        ("image_error", 413, "invalid_request", "", Reason.PROTOCOL),
        (None, None, None, "No conversation found with session ID: x", Reason.SESSION_LOST),
        ("surprise", None, None, "?", Reason.CRASHED),
    ],
)
def test_every_way_to_fail_has_a_reason(
    terminal: str | None, status: int | None, kind: str | None, words: str, reason: Reason
) -> None:
    """Terminal reason, status and kind decide; the subtype never does."""
    assert errors.of_words(terminal, status, kind, words).reason is reason


def test_a_rejected_usage_limit_parks_until_its_reset() -> None:
    """The platform said when: nobody has to guess."""
    resets_at = datetime(2026, 11, 20, 18, tzinfo=UTC)
    ledger = Ledger(WORK, ClaudeCodeSettings(home="/h"), paid_usd=1.0, resets_at=resets_at)
    ledger.result = ended(is_error=True, terminal_reason="api_error", api_error_status=429)
    outcome = ledger.outcome(None, "")
    assert isinstance(outcome, Parked)
    assert (outcome.reason, outcome.resume_at) == (ParkReason.RATE_LIMIT, resets_at)
    assert (outcome.usd, outcome.session_usd, outcome.billing) == (2.0, 3.0, Billing.SUBSCRIPTION)


def test_a_key_never_reaches_the_log(tmp_path: Path) -> None:
    """complaints row 24: whatever the program prints, the credential is taken out."""
    settings = ClaudeCodeSettings(home="/h", auth=Auth.API_KEY, credential="sk-ant-planted")
    outcome = Ledger(WORK, settings, paid_usd=0.0).outcome(None, "bad key sk-ant-planted")
    assert "sk-ant-planted" not in repr(outcome)
    assert "sk-ant-planted" not in repr(settings)


def test_what_a_transcript_waits_for_is_read_despite_a_torn_last_line(tmp_path: Path) -> None:
    """A crash cuts lines; the first call with the same input is the one a person was asked under."""
    lines: list[object] = []
    for id in ("toolu_1", "toolu_2"):
        block = {"type": "tool_use", "id": id, "name": "Bash", "input": {"command": "x"}}
        lines.append({"message": {"role": "assistant", "content": [block]}})
    deferred = {"type": "hook_deferred_tool", "toolUseID": "toolu_2", "toolName": "Bash"}
    lines.append({"type": "attachment", "attachment": {**deferred, "toolInput": {"command": "x"}}})
    path = tmp_path / "s.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + '\n{"type":"us')
    waiting = transcripts.deferred(path)
    assert waiting is not None
    assert (waiting.id, waiting.first_id, waiting.input) == ("toolu_2", "toolu_1", {"command": "x"})
    result = {"type": "tool_result", "tool_use_id": "toolu_2", "content": "done"}
    answered = {"message": {"role": "user", "content": [result]}}
    path.write_text("\n".join(map(json.dumps, [*lines, answered])) + "\n")
    assert transcripts.deferred(path) is None


def test_the_sdk_is_not_imported_before_a_run_starts() -> None:
    """It is an extra: a house without it must start, and say how to get it."""
    script = """
import asyncio, sys
from adapters.specialists.claude_code import ClaudeCode, ClaudeCodeSettings
assert "claude_agent_sdk" not in sys.modules
sys.modules["claude_agent_sdk"] = None  # as if it were not installed
health = asyncio.run(ClaudeCode(ClaudeCodeSettings(home="/h")).health())
print(health.ok, health.detail, health.remedy)
"""
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.startswith("False The Claude Code extra is not installed")
    assert "pip install 'frontdesk[claude]'" in printed.stdout


@pytest.mark.claude
def test_a_house_killed_right_after_the_start_leaves_no_orphan(tmp_path: Path) -> None:
    """claude-code §4h: without our launcher the program would go on working under PID 1."""
    script = """
import asyncio, sys
from pathlib import Path
from adapters.rehearsal.model_server import rule
from tests.claude_houses import place
async def main():
    async with place(Path(sys.argv[1]), [rule("go", ["Done."])]) as here:
        await here.events(here.work("go"))
asyncio.run(main())
"""
    environment = {**os.environ, "CRASH_AT": "after_spawn", "PYTHONPATH": str(Path(__file__).parent.parent)}
    house = subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=environment, check=False)
    assert house.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while marked(Marker.of(tmp_path / "house")):
        assert time.monotonic() < deadline, "the program outlived its house"
    transcripts = list(tmp_path.glob("**/projects/*/*.jsonl"))  # its cache may hold logs of the same ending
    assert not transcripts
