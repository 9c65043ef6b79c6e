"""``people`` on the command line: what it prints, who may, and never from inside a run."""

from __future__ import annotations

import json

import pytest

from bot.cli.inside import MARK
from bot.model.acts import Act
from bot.model.people import Role
from tests.commands import TWO_PEOPLE, Shell, shell

__all__ = ["shell"]

CONFIGURATION = TWO_PEOPLE.replace("[people.vic]", "telegram = 4711\n[people.vic]")


@pytest.fixture
def house(shell: Shell) -> Shell:
    """An admin and a viewer in the file."""
    shell.write(CONFIGURATION)
    return shell


def test_the_list_shows_where_everybody_is_written(house: Shell) -> None:
    """File or row, with who added them; accounts of the file and linked ones together."""
    house("people", "add", "newt", "--role", "approver", "--name", "Newt S.", "--as", "ann")
    house("people", "link", "vic", "slack", "T01/U9", "--as", "ann")
    listed = json.loads(house("people", "list", "--as", "ann", "--json").out)["people"]
    by_id = {one["id"]: one for one in listed}
    assert [one["source"] for one in listed] == ["file", "file", "added"]
    assert (by_id["newt"]["role"], by_id["newt"]["added_by"]) == ("approver", "ann")
    assert by_id["ann"]["accounts"] == ["terminal:ann", "telegram:4711"]
    assert by_id["vic"]["accounts"] == ["terminal:vic", "slack:T01/U9"]
    assert "Newt S." in house("people", "list", "--as", "ann").out


def test_who_was_added_can_give_commands_until_removed(house: Shell) -> None:
    """The next command sees the change."""
    house("people", "add", "newt", "--as", "ann")
    assert house("dispatch", "api", "fix it", "--as", "newt").code == 0
    assert house("people", "remove", "newt", "--as", "ann").out.startswith("newt is a stranger from now on")
    ended = house("dispatch", "api", "fix it", "--as", "newt")
    assert (ended.code, "newt is nobody this house knows" in ended.err) == (3, True)


def test_the_file_wins_over_what_was_added(house: Shell) -> None:
    """A row under an id that the file has later is without effect, and is shown as that."""
    house("people", "add", "newt", "--role", "admin", "--as", "ann")
    house.write(CONFIGURATION + '[people.newt]\nrole = "viewer"\n')
    assert house("dispatch", "api", "x", "--as", "newt").code == 3
    listed = json.loads(house("people", "list", "--as", "ann", "--json").out)["people"]
    assert [(one["role"], one["overrules_a_row"]) for one in listed if one["id"] == "newt"] == [
        ("viewer", True)
    ]
    removed = house("people", "remove", "newt", "--as", "ann")
    assert "[people.newt] in" in removed.out


@pytest.mark.parametrize(
    "change", [["add", "newt"], ["remove", "vic"], ["link", "vic", "slack", "T1/U1"], ["list"]]
)
def test_only_an_admin_changes_who_is_known(house: Shell, change: list[str]) -> None:
    """Whoever is no admin gets a sentence and exit 3; nothing is written."""
    ended = house("people", *change, "--as", "vic")
    assert (ended.code, ended.out) == (3, "")
    assert "Your role (viewer) may not change who is known here" in ended.err


def test_a_run_cannot_admit_anybody(house: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of ``people`` refuses inside a run, looking included."""
    monkeypatch.setenv(MARK, "d1/1")
    for words in (["add", "newt", "--as", "ann"], ["list", "--as", "ann"], ["rights"]):
        ended = house("people", *words)
        assert (ended.code, "started inside the run d1/1" in ended.err) == (3, True)


def test_the_table_of_rights_is_printed(house: Shell) -> None:
    """What `people rights` prints is the table that decides."""
    acts = json.loads(house("people", "rights", "--json").out)["acts"]
    assert set(acts) == set(Act)
    assert acts["stop"] == {"admin": "yes", "approver": "yes", "user": "own", "viewer": "own"}
    printed = house("people", "rights").out
    assert all(role in printed.lower() for role in Role)
