"""``init`` and ``projects add``: little is asked, what is written is valid and private, and comments stay."""

from __future__ import annotations

import io
import json
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from bot.model.people import Role
from bot.settings import PermissionMode, Sandbox, load
from tests.commands import Shell, shell

__all__ = ["shell"]

KEY = "sk-planted-0123456789abcdef"


@pytest.fixture
def bare(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A machine with git and without anything that makes a sandbox."""
    programs = tmp_path / "programs"
    programs.mkdir()
    git = shutil.which("git")
    assert git
    (programs / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    return shell


def repository(shell: Shell) -> None:
    subprocess.run(["git", "init", "-q", str(shell.directory)], check=True)
    (shell.directory / "README.md").write_text('# Dates, "quoted" \\ and more\n')


def answers(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_the_defaults_make_a_valid_private_file(bare: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """One admin, one project, the model whose key is there, never the key; it says what comes next."""
    repository(bare)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ended = bare("init", "--yes")
    file = bare.directory / "frontdesk.toml"
    assert ended.code == 0, ended.err
    assert KEY not in ended.out + ended.err + file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    settings = load(directory=bare.directory)
    person, project = settings.local_person(), settings.projects["work"]
    assert person
    assert person.role is Role.ADMIN
    assert project.directory == bare.directory
    assert project.description == 'Dates, "quoted" \\ and more'
    assert settings.secretary.model == "openai:gpt-6-luna"
    assert ended.out.index("frontdesk doctor") < ended.out.index("frontdesk chat")


def test_without_a_sandbox_nothing_more_than_plan_is_written_unasked(bare: Shell) -> None:
    """It explains what "none" would mean, and --yes never writes it."""
    repository(bare)
    ended = bare("init", "--yes")
    project = load(directory=bare.directory).projects["work"]
    assert "act as you in" in ended.err
    assert (project.sandbox, project.permission_mode) == (Sandbox.AUTO, PermissionMode.PLAN)


def test_every_answer_can_be_given(bare: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, directory, project, description, no sandbox after the explanation, edits, model."""
    place = bare.directory / "Some Place"
    place.mkdir()
    answers(monkeypatch, "Ann", str(place), "Date Lib", "About dates", "y", "acceptEdits", "rules")
    ended = bare("init")
    assert ended.code == 0, ended.err
    settings = load(directory=bare.directory)
    project = settings.projects["date-lib"]
    assert list(settings.people) == ["ann"]
    assert settings.local_person()
    assert project.directory == place
    assert (project.sandbox, project.permission_mode) == (Sandbox.NONE, PermissionMode.ACCEPT_EDITS)
    assert "act as you" in (bare.directory / "frontdesk.toml").read_text()


@pytest.mark.parametrize("offered", ["y", "n"])
def test_the_friday_digest_is_offered_once_the_file_is_there(
    bare: Shell, monkeypatch: pytest.MonkeyPatch, offered: str
) -> None:
    """It is a row of the person who was made admin; no is the default."""
    repository(bare)
    answers(monkeypatch, "Ann", ".", "Work", "About dates", "n", "plan", "rules", offered)
    ended = bare("init")
    assert ended.code == 0, ended.err
    assert "A digest every Friday at 16:00" in ended.err
    listed = json.loads(bare("schedules", "list", "--json").out)["schedules"]
    saved = [(each["schedule"]["person"], each["when"]) for each in listed]
    assert saved == ([("ann", "every Friday at 16:00")] if offered == "y" else [])


def test_answers_that_end_too_early_write_nothing(bare: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that forgot --yes is told so."""
    answers(monkeypatch, "ann")
    ended = bare("init")
    assert ended.code == 3
    assert "--yes takes the defaults" in ended.err
    assert not (bare.directory / "frontdesk.toml").exists()


def test_a_file_that_is_there_stays_unless_it_is_forced(bare: Shell) -> None:
    """With --force a private copy of it is kept, even of one that could not be read any more."""
    file = bare.write("this = is no [TOML")
    assert bare("init", "--yes").code == 3
    assert file.read_text() == "this = is no [TOML"
    assert bare("init", "--yes", "--force").code == 0
    copy = bare.directory / "frontdesk.toml.1.bak"
    assert copy.read_text() == "this = is no [TOML"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert load(directory=bare.directory).file == file


def test_print_writes_to_stdout_only(bare: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is printed can be used as it is."""
    ended = bare("init", "--print")
    assert not (bare.directory / "frontdesk.toml").exists()
    other = tmp_path / "printed.toml"
    other.write_text(ended.out)
    assert load(str(other)).file == other


def test_a_home_directory_is_no_project(bare: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts it there is asked for a project instead."""
    monkeypatch.setenv("HOME", str(bare.directory))
    ended = bare("init", "--yes")
    assert ended.code == 3
    assert "--project DIRECTORY" in ended.err


def test_a_project_is_added_and_every_comment_stays(bare: Shell) -> None:
    """The file is the old one with one more table, and is usable."""
    before = '# mine\n[people.ann] # her\nrole = "admin"\n\n[projects.api]\ndirectory = "." # here\n'
    file = bare.write(before)
    (bare.directory / "site").mkdir()
    ended = bare("projects", "add", "site", "site", "--yes", "--permission-mode", "acceptEdits")
    assert ended.code == 0, ended.err
    assert file.read_text().startswith(before)
    project = load(directory=bare.directory).projects["site"]
    assert project.directory == bare.directory / "site"
    assert project.permission_mode is PermissionMode.ACCEPT_EDITS
    assert "site" in bare("projects", "list").out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("api", "."), "There is a project api already"),
        (("Site", "."), "is no name"),
        (("--yes", "site", "nowhere"), "is no directory"),
        (("--specialist", "other", "--yes", "site", "."), "names other, which is not configured"),
    ],
)
def test_a_project_that_would_not_do_changes_nothing(
    bare: Shell, arguments: tuple[str, ...], why: str
) -> None:
    """Taken names, no names, no directory, no specialist: a sentence, and the file as it was."""
    file = bare.write('[people.ann]\n[projects.api]\ndirectory = "."\n')
    before = file.read_text()
    ended = bare("projects", "add", *arguments)
    assert ended.code in {2, 3}
    assert why in ended.err
    assert file.read_text() == before


@pytest.mark.parametrize("command", [("init", "--yes"), ("projects", "add", "a", "."), ("projects", "list")])
def test_a_run_cannot_change_the_configuration(
    bare: Shell, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """Refused inside a run."""
    monkeypatch.setenv("FRONTDESK_RUN", "d1/1")
    assert bare(*command).code == 3
    assert not (bare.directory / "frontdesk.toml").exists()
