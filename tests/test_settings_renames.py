"""A renamed key works for two minor versions with a warning, and ``config migrate`` rewrites the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, load
from bot.settings.migrating import migrate
from bot.settings.renames import Rename
from tests.commands import Shell, shell

__all__ = ["shell"]

RENAMES = (
    Rename("limits.at_once", "limits.runs_at_once", "0.2.0"),
    Rename("projects.*.max_usd", "projects.*.max_usd_per_dispatch", "0.2.0"),
    Rename("house", "frontdesk", "0.2.0"),
    Rename("secretary.patience_s", "questions.grace_s", "0.2.0"),
)
"""Synthetic: what a later version could have renamed."""

OLD = """# mine
[house] # about the house
timezone = "Europe/Berlin"

[limits]
# as many as there are cores
at_once = 3  # three
per_person = 2

[secretary]
model = "rules"
patience_s = 60 # a minute

[projects.api]
max_usd = 1.5
directory = "."
"""


def read(shell: Shell, version: str = "0.3.1", **environ: str) -> Settings:
    return load(directory=shell.directory, environ=environ, renames=RENAMES, version=version)


@pytest.mark.parametrize("version", ["0.2.0", "0.3.9"])
def test_an_old_key_works_and_the_warning_names_the_new_one(shell: Shell, version: str) -> None:
    """In the minor version that renamed it and in the next one."""
    shell.write(OLD)
    settings = read(shell, version)
    assert settings.limits.runs_at_once == 3
    assert settings.projects["api"].max_usd_per_dispatch == 1.5
    assert settings.house.timezone == "Europe/Berlin"
    assert settings.questions.grace_s == 60
    assert settings.warnings[0] == (
        "limits.at_once is called limits.runs_at_once since version 0.2.0; "
        "`frontdesk config migrate` rewrites the file."
    )
    assert len(settings.warnings) == 4
    assert settings.origins["limits.runs_at_once"] == "file"


@pytest.mark.parametrize("version", ["0.4.0", "1.0.0"])
def test_afterwards_it_is_a_mistake_that_says_what_to_do(shell: Shell, version: str) -> None:
    """Not an unknown key: the sentence still names the new one."""
    shell.write("[limits]\nat_once = 3\n")
    with pytest.raises(
        SettingsError, match=r"limits\.at_once is called limits\.runs_at_once .* config migrate"
    ):
        read(shell, version)


def test_both_keys_at_once_are_a_mistake(shell: Shell) -> None:
    """Nobody has to guess which one counts."""
    shell.write("[limits]\nat_once = 3\nruns_at_once = 4\n")
    with pytest.raises(SettingsError, match="both are set; remove the old one"):
        read(shell)


def test_an_old_variable_works_too(shell: Shell) -> None:
    """With a warning that names the new variable; later it is a mistake."""
    variable = {"FRONTDESK_LIMITS__AT_ONCE": "7"}
    settings = read(shell, **variable)
    assert settings.limits.runs_at_once == 7
    assert "set FRONTDESK_LIMITS__RUNS_AT_ONCE instead" in settings.warnings[0]
    with pytest.raises(SettingsError, match="set FRONTDESK_LIMITS__RUNS_AT_ONCE instead"):
        read(shell, "0.4.0", **variable)


def test_migrate_rewrites_the_file_and_keeps_comments_and_a_copy(shell: Shell) -> None:
    """Each value, comment and place stays; afterwards nothing warns, and a second time nothing happens."""
    file = shell.write(OLD)
    done = migrate(None, RENAMES)
    text = file.read_text()
    assert done.copy
    assert done.copy.read_text() == OLD
    assert ("limits.at_once", "limits.runs_at_once") in done.renamed
    for line in ("# mine", "[frontdesk] # about the house", "# as many as there are cores", "grace_s = 60"):
        assert line in text
    assert "runs_at_once = 3  # three\nper_person = 2" in text
    settings = read(shell, "0.4.0")
    assert (settings.warnings, settings.limits.runs_at_once, settings.questions.grace_s) == ((), 3, 60)
    assert migrate(None, RENAMES).copy is None


def test_a_file_that_would_not_be_usable_afterwards_stays_as_it_is(shell: Shell) -> None:
    """The mistake is named, and there is no copy."""
    file = shell.write("[limits]\nat_once = 0\n")
    with pytest.raises(SettingsError, match="must be at least 1"):
        migrate(None, RENAMES)
    assert file.read_text() == "[limits]\nat_once = 0\n"
    assert [path.name for path in Path.cwd().iterdir()] == ["frontdesk.toml"]


def test_the_command_says_what_it_did(shell: Shell) -> None:
    """This version renamed nothing, so there is nothing to do; without a file it says who writes one."""
    assert "init" in shell("config", "migrate").err
    shell.write("[limits]\nper_person = 2\n")
    ended = shell("config", "migrate")
    assert (ended.code, "nothing was changed" in ended.out) == (0, True)
