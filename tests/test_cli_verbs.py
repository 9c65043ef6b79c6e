"""The verbs act for a person, on the rows that a running house shares, and never from inside a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.inside import refuse_inside_run
from tests.commands import ROOT, TWO_PEOPLE, Shell, shell

__all__ = ["shell"]

ANN = ("--as", "ann")


@pytest.fixture
def desk(shell: Shell) -> Shell:
    """A house with an admin, a viewer and one project."""
    shell.write(TWO_PEOPLE)
    return shell


def test_a_dispatch_is_kept_listed_and_shown_without_a_running_house(desk: Shell) -> None:
    """Several commands see one state; what was promised waits for a house to start."""
    begun = desk("dispatch", "api", "fix", "the", "parser", "--as", "ann")
    assert (begun.code, begun.err) == (0, "")
    assert begun.out.startswith("d1 is ")
    assert "fix the parser" in desk("list", "--as", "ann").out
    shown = json.loads(desk("show", "1", "--as", "ann", "--json").out)
    assert shown["schema_version"] == 1
    assert shown["dispatch"]["spec"]["goal"] == "fix the parser"
    assert shown["dispatch"]["person"] == "ann"
    assert [run["id"] for run in shown["runs"]] == ["d1/1"]


def test_status_says_that_no_house_is_running(desk: Shell) -> None:
    """Exit 4, so that a container's health check fails; the data is printed all the same."""
    desk("dispatch", "api", "x", "--as", "ann")
    ended = desk("status")
    assert ended.code == 4
    assert "not running; `frontdesk serve`" in ended.out
    assert json.loads(desk("status", "--json").out)["status"]["running"] is False


def test_text_can_come_from_stdin(desk: Shell) -> None:
    """A text of several lines that begins with a dash is no option."""
    ended = desk.process("dispatch", "api", "-", "--as", "ann", "--json", stdin="--help\nand more\n")
    assert ended.code == 0
    assert json.loads(ended.out)["dispatch"]["spec"]["goal"].startswith("--help\nand more")


def test_nothing_that_was_written_can_draw_on_the_terminal(desk: Shell) -> None:
    """Control characters and bidi marks of a title or result are not printed."""
    desk("dispatch", "api", "a\x1b[2Jb\u202ec\x07", "--as", "ann")
    for command in (["list", *ANN], ["show", "d1", *ANN], ["status", *ANN]):
        assert not {"\x1b", "\u202e", "\x07"} & set(desk(*command).out)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["dispatch", "api", "x", "--as", "vic"], "viewer"),
        (["dispatch", "api", "x", "--as", "eve"], "eve is nobody this house knows"),
        (["dispatch", "web", "x", "--as", "ann"], "web"),
        (["show", "d99", *ANN], "There is no dispatch d99"),
        (["logs", "d99", *ANN], "There is no dispatch d99"),
        (["stop", "d99", "--as", "ann"], "There is no dispatch d99"),
        (["answer", "q99", "yes", "--as", "ann"], "There is no question q99"),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_3(desk: Shell, arguments: list[str], expected: str) -> None:
    """Not allowed, or not there."""
    ended = desk(*arguments)
    assert ended.code == 3
    assert expected in ended.err
    assert len(ended.err.splitlines()) == 1


def test_whoever_is_logged_in_and_not_named_is_told_what_to_write(desk: Shell) -> None:
    """Default deny, with the line that would change it."""
    ended = desk("dispatch", "api", "x")
    assert ended.code == 3
    assert "terminal = " in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["approve", "q1"],
        ["allow", "api", "Bash(pytest *)"],
        ["revoke", "r1"],
        ["answer", "q1", "yes"],
        ["deny", "q1"],
        ["dispatch", "api", "x"],
        ["stop", "d1"],
        ["adopt", "123e4567-e89b-12d3-a456-426614174000", "--project", "api"],
        ["chat"],
        ["serve"],
        ["config", "check"],
    ],
)
def test_a_run_cannot_act_as_a_person(
    desk: Shell, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever acts for somebody refuses inside a run, before it reads anything."""
    monkeypatch.setenv("FRONTDESK_RUN", "d1/1")
    ended = desk(*arguments)
    assert ended.code == 3
    assert "started inside the run d1/1" in ended.err


@pytest.mark.skipif(
    not Path("/proc/self").is_dir(), reason="ancestors are read from /proc, which is not here"
)
def test_clearing_the_own_environment_does_not_get_out_of_a_run(desk: Shell) -> None:
    """The mark is found in the process that the command descends from."""
    command = f"env -u FRONTDESK_RUN '{sys.executable}' -m bot approve q1; echo $?"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=desk.directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), "FRONTDESK_RUN": "d1/1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "3"
    assert "started inside the run d1/1" in done.stderr


def test_outside_a_run_nothing_is_refused() -> None:
    """Somebody's own shell is no run."""
    refuse_inside_run("approve")


def test_looking_is_allowed_inside_a_run(desk: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list changes nothing and speaks for nobody."""
    monkeypatch.setenv("FRONTDESK_RUN", "d1/1")
    assert desk("list", "--as", "ann").code == 0


def test_an_unexpected_failure_is_one_line_without_its_content(desk: Shell) -> None:
    """A database file that is none: no traceback, a sentence, exit 1."""
    home = desk.directory.parent / "state" / "frontdesk"
    home.mkdir(parents=True)
    (home / "frontdesk.sqlite3").write_bytes(b"no database" * 100)
    ended = desk("list", "--as", "ann")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert len(ended.err.splitlines()) == 1


def test_migrating_twice_changes_nothing(desk: Shell) -> None:
    """The second call says so."""
    assert desk("migrate").out.startswith("The database is now at version")
    assert "nothing was changed" in desk("migrate").out
