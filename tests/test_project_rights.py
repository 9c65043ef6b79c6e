"""What a project adds to the table of rights: its people, its places, its approvers, its four eyes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot import policy
from bot.errors import SettingsError
from bot.low_risk import objection
from bot.model.acts import Act
from bot.model.conversations import Address
from bot.model.people import Person, Role
from bot.model.questions import Approval
from bot.policy import Object, authorize
from bot.settings import Settings, settings_of

ANN = Person("ann", "Ann", Role.USER)
BOB = Person("bob", "Bob", Role.USER)
CAROL = Person("carol", "Carol", Role.APPROVER)
DORA = Person("dora", "Dora", Role.ADMIN)


def read(directory: Path, **api: Any) -> Settings:
    (directory / "src").mkdir(exist_ok=True)
    return settings_of(
        {
            "people": {one.id: {"role": one.role} for one in (ANN, BOB, CAROL, DORA)},
            "projects": {"api": {"directory": "src", **api}, "open": {"directory": "src"}},
            "chats": {"scripted": {}},
        },
        directory=directory,
    )


def asked(directory: Path, tool: str = "Bash", askers: frozenset[str] = frozenset(), **given: str) -> Object:
    """An approval that a dispatch of ann's asks for."""
    shown = Approval(tool, json.dumps(given or {"command": "make"}), str(directory / "src"))
    return Object("q1", "api", "ann", askers, shown)


@pytest.mark.parametrize(
    ("allowed", "place", "named"),
    [
        ("scripted", Address("scripted", "C1"), True),
        ("scripted", Address("terminal", "C1"), False),
        ("scripted:C1", Address("scripted", "C1"), True),
        ("scripted:C1", Address("scripted", "C1/1718.0001"), True),
        ("scripted:C1", Address("scripted", "C12"), False),
        ("scripted:C1", Address("scripted", "T1/C1"), False),
        ("scripted:T1/C1", Address("scripted", "C1/7", account="T1"), True),
        ("scripted:T1", Address("scripted", "C1/7", account="T1"), True),
        ("scripted:T2", Address("scripted", "C1/7", account="T1"), False),
        ("terminal", None, True),
    ],
)
def test_a_place_holds_what_lies_in_it(
    tmp_path: Path, allowed: str, place: Address | None, named: bool
) -> None:
    """A channel holds its threads, a team its channels; a longer name is another channel."""
    settings = read(tmp_path, conversations=[allowed])
    assert policy.may_be_named(settings, "api", place) is named
    assert policy.may_be_named(settings, "open", place)


def test_elsewhere_a_project_is_as_if_it_did_not_exist(tmp_path: Path) -> None:
    """The refusal is word for word the one for a project that is not there."""
    settings = read(tmp_path, conversations=["scripted:C1"])
    there = Address("scripted", "C2")
    refused = authorize(settings, DORA, Act.START, policy.in_project("api", there))
    unknown = authorize(settings, DORA, Act.START, policy.in_project("ghost", there))
    assert refused == "There is no project api here; you can use open."
    assert unknown == "There is no project ghost here; you can use open."
    assert policy.usable(settings, DORA, there) == ("open",)


def test_no_place_is_nowhere(tmp_path: Path) -> None:
    """An empty list of conversations leaves only the command line."""
    settings = read(tmp_path, conversations=[])
    assert not policy.may_be_named(settings, "api", Address("terminal", "main"))


@pytest.mark.parametrize("act", [act for act in Act if act not in (Act.TALK, Act.CORRECT, Act.LOOK)])
def test_an_empty_list_of_people_is_nobody(tmp_path: Path, act: Act) -> None:
    """openclaw #13161, #26032: empty is nobody, an admin included; only ending work is left."""
    settings = read(tmp_path, people=[], approvers=[])
    of_eve = Object("d1", "api", "eve")
    ends = act in (Act.STOP, Act.CANCEL, Act.DENY, Act.REST_SCHEDULE)
    assert (authorize(settings, DORA, act, of_eve) is None) is ends


def test_only_named_approvers_approve(tmp_path: Path) -> None:
    """PraisonAI #2580: named people whatever their role, and nobody else; empty is nobody."""
    settings, nobody = read(tmp_path, approvers=["bob"]), read(tmp_path, approvers=[])
    question = asked(tmp_path)
    may = {one.id: authorize(settings, one, Act.GRANT, question) is None for one in (ANN, BOB, CAROL, DORA)}
    assert may == {"ann": False, "bob": True, "carol": False, "dora": False}
    assert all(authorize(nobody, one, Act.GRANT, question) for one in (ANN, BOB, CAROL, DORA))
    assert authorize(settings, CAROL, Act.DENY, question) is None


def test_four_eyes_hold_for_every_role(tmp_path: Path) -> None:
    """Whoever asked, first or later, does not allow it; refusing it stays possible."""
    settings = read(tmp_path, self_approve="none")
    question = asked(tmp_path, askers=frozenset({"ann", "dora"}))
    may = {one.id: authorize(settings, one, Act.GRANT, question) is None for one in (ANN, CAROL, DORA)}
    assert may == {"ann": False, "carol": True, "dora": False}
    assert authorize(settings, ANN, Act.DENY, question) is None


def test_a_low_risk_call_may_be_allowed_by_who_asked(tmp_path: Path) -> None:
    """Editing a file of the project, and no shell command, however harmless it looks."""
    settings = read(tmp_path, self_approve="low-risk")
    edit = asked(tmp_path, "Edit", file_path="a.py", old_string="a", new_string="b")
    assert authorize(settings, ANN, Act.GRANT, edit) is None
    why = authorize(settings, ANN, Act.GRANT, asked(tmp_path, "Bash", command="ls"))
    assert why is not None
    assert "Bash can change more than files of the project" in why
    assert authorize(settings, CAROL, Act.GRANT, asked(tmp_path, "Bash", command="ls")) is None


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("Bash", {"command": "true"}),
        ("WebFetch", {"url": "https://example.org"}),
        ("mcp__files__write", {"file_path": "a.py"}),
        ("edit", {"file_path": "a.py"}),
        ("Edit", {}),
        ("Edit", {"path": "a.py"}),
        ("Edit", {"file_path": ["a.py"]}),
        ("Edit", {"file_path": ""}),
        ("Edit", {"file_path": "a\x00.py"}),
        ("Edit", {"file_path": "../b.py"}),
        ("Edit", {"file_path": "/etc/passwd"}),
        ("Edit", {"file_path": "sub/../../b.py"}),
        ("Edit", {"file_path": "out/b.py"}),
        ("Write", {"file_path": ".git/hooks/post-commit"}),
        ("Write", {"file_path": "sub/.GIT/config"}),
        ("Write", {"file_path": ".claude/settings.json"}),
        ("Write", {"file_path": ".mcp.json"}),
        ("Write", {"file_path": ".github/workflows/ci.yml"}),
    ],
)
def test_what_is_not_low_risk(tmp_path: Path, tool: str, given: dict[str, Any]) -> None:
    """Another tool, no file, a file outside, behind a link, or one that makes programs act."""
    project = tmp_path / "src"
    project.mkdir()
    (project / "out").symlink_to(tmp_path)
    assert objection(Approval(tool, json.dumps(given), str(project))) is not None


def test_low_risk_needs_a_directory_that_can_be_looked_at(tmp_path: Path) -> None:
    """Links of a directory on another machine cannot be followed, so nothing there is low-risk."""
    gone = Approval("Edit", json.dumps({"file_path": "a.py"}), str(tmp_path / "gone"))
    assert objection(gone) is not None
    assert objection(Approval("Edit", "no json", str(tmp_path))) is not None


@pytest.mark.parametrize(
    ("api", "words"),
    [
        ({"people": ["*"]}, "projects.api.people[0] may not hold *"),
        ({"approvers": ["*"]}, "projects.api.approvers[0] may not hold *"),
        ({"conversations": ["*"]}, "projects.api.conversations[0] may not hold *"),
        ({"conversations": ["slack:*"]}, "projects.api.conversations[0] may not hold *"),
        ({"people": ["anne"]}, "projects.api.people names anne, which is not configured; did you mean ann?"),
        ({"approvers": ["eve"]}, "projects.api.approvers names eve"),
        ({"conversations": ["skript"]}, "projects.api.conversations names skript"),
        ({"self_approve": "nobody"}, "projects.api.self_approve must be one of none, low-risk, all"),
    ],
)
def test_nobody_is_admitted_by_mistake(tmp_path: Path, api: dict[str, Any], words: str) -> None:
    """A star, a typo or an unknown word is refused with its place; none of them means everybody."""
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, **api)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "account", [{"slack": "*"}, {"terminal": ""}, {"accounts": {"matrix": "*:example.org"}}]
)
def test_a_star_is_no_account(tmp_path: Path, account: dict[str, Any]) -> None:
    """One person is never everybody of a chat."""
    with pytest.raises(SettingsError, match="must be one account"):
        settings_of({"people": {"ann": account}}, directory=tmp_path)
