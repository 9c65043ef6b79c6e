"""The table of rights, walked: rights × roles × acts × doors; whatever is added without a row fails here."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast, get_args

import click
import pytest

from adapters.rehearsal.contracts.examples import NOON
from bot.app import open_desk
from bot.cli.people import allowed
from bot.cli.root import root
from bot.commands import Verb
from bot.desk import Desk
from bot.housekeeping import Housekeeping
from bot.members import Members
from bot.model import decisions
from bot.model.acts import BUTTONS, NEEDS, Act
from bot.model.conversations import Address, Conversation, Inbound, Message, MessageState
from bot.model.grants import Rule
from bot.model.people import RIGHTS, AccountRow, Person, PersonRow, Right, Role
from bot.model.posts import ButtonAction
from bot.policy import ACTS
from bot.ports import Store
from bot.settings import Settings, settings_of
from bot.timetable import Timetables
from tests import rights_doors, rights_schedules
from tests.rights_doors import Visit
from tests.rights_goods import CHAT, Goods, stock
from tests.rights_named import CLI, DESK, INBOUND, OPERATOR, VERBS
from tests.undoing import Undoing

GRID: Final = """
                viewer  user  approver  admin
talk            yes     yes   yes       yes
correct         own     own   own       own
look            yes     yes   yes       yes
start           -       yes   yes       yes
adopt           -       yes   yes       yes
follow_up       -       own   yes       yes
steer           -       own   yes       yes
retry           -       own   yes       yes
continue        -       own   yes       yes
continue_more   -       own   yes       yes
compact         -       own   yes       yes
move            -       own   yes       yes
use             -       own   own       yes
stop            own     own   yes       yes
cancel          own     own   yes       yes
reroute         -       own   yes       yes
withdraw        own     own   own       own
answer          -       own   yes       yes
ask_again       -       own   yes       yes
grant           -       own   yes       yes
deny            own     own   yes       yes
show            own     own   yes       yes
add_money       -       -     -         yes
see_costs       -       -     -         yes
schedule        -       own   own       own
run_schedule    -       own   yes       yes
rest_schedule   own     own   yes       yes
see_schedule    own     own   yes       yes
people          -       -     -         yes
rules           -       -     -         yes
configure       -       -     -         yes
purge           -       -     -         yes
audit           -       -     -         yes
backup          -       -     -         yes
"""
"""Written by hand, to be compared with the code: yes, own (what one asked for oneself), or nothing."""

ATTEMPTS: Final = {**rights_doors.ATTEMPTS, **rights_schedules.ATTEMPTS}
CAST: Final = {Role.VIEWER: "vera", Role.USER: "ann", Role.APPROVER: "carol", Role.ADMIN: "dora"}
OTHER: Final = "eve"
HERE: Final = Address(CHAT, "main")
EVERYBODY: Final = (*CAST.values(), OTHER)
STRANGER: Final = Person("mallory", "mallory", Role.ADMIN)
"""Who says of themselves that they are an admin."""


def grid() -> dict[tuple[Act, Role], str]:
    head, *lines = GRID.strip("\n").splitlines()
    roles = [Role(name) for name in head.split()]
    cells = [line.split() for line in lines]
    return {(Act(act), role): cell for act, *row in cells for role, cell in zip(roles, row, strict=True)}


# ── every act, role and door has its row ────────────────────────────────────────────────────────────────────


def test_every_act_and_role_has_its_cell() -> None:
    """An act, a role or a right that is added has to be decided about, cell by cell."""
    assert set(grid()) == {(act, role) for act in Act for role in Role}
    assert set(NEEDS) == set(Act)
    assert set(RIGHTS) == set(Role)
    assert set().union(*RIGHTS.values()) == set(Right)


@pytest.mark.parametrize(("act", "role"), grid())
def test_a_role_may_what_its_cell_says(act: Act, role: Role) -> None:
    """The table of the code is the one that was written by hand."""
    assert allowed(act, role) == grid()[act, role]


def test_every_door_has_its_row() -> None:
    """No event, button, command, verb of the desk or decision is without an act of its own."""
    assert {kind.__name__ for kind in get_args(Inbound)} == set(INBOUND)
    assert set(Verb) == {Verb(name) for name in VERBS}
    assert set(ButtonAction) == set(BUTTONS)
    assert set(get_args(decisions.Action)) == set(ACTS)
    assert set(_desk_verbs()) == set(DESK)
    assert set(_commands()) == set(CLI)


def test_every_command_goes_through_the_desk() -> None:
    """What is no door to the desk asks for nobody: it is the machine's user who may."""
    assert {door.removeprefix("desk.") for door in CLI.values()} - {OPERATOR} <= set(DESK)


def test_every_act_at_a_door_is_tried() -> None:
    """Each verb of the desk and each button is among the attempts, under the act of its row."""
    for name, act in DESK.items():
        if act is not OPERATOR and name != "receive":
            assert ATTEMPTS[f"desk.{name}"][0] is act
    assert {f"presses {action}" for action in ButtonAction} <= set(ATTEMPTS)
    decided = {act for name, (act, _) in ATTEMPTS.items() if name.startswith("decides")}
    assert set(ACTS.values()) - decided == {Act.TALK, Act.LOOK}


def _desk_verbs() -> Iterator[str]:
    yield from (name for name in vars(Desk) if not name.startswith("_"))
    yield from (f"keeping.{name}" for name in vars(Housekeeping) if not name.startswith("_"))
    yield from (f"members.{name}" for name in vars(Members) if not name.startswith("_"))
    yield from (f"timetables.{name}" for name in vars(Timetables) if not name.startswith("_"))


def _commands(group: click.Group = root, path: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}"


# ── and is tried ────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def street(
    directory: Path, where: Address = HERE
) -> AsyncGenerator[tuple[Desk, Undoing, Conversation, dict[str, Goods]]]:
    """A house without an engine: a conversation in which everybody owns the same things."""
    async with open_desk(settings(directory)) as desk:
        place = Conversation("c1", where.chat, where.key, "", NOON, direct=False, last_seq=5_000)
        async with desk.house.store.transaction() as unit:
            other = replace(place, id="c2", key="other")
            said = [
                Message(f"o{n}", "c2", n, f"o{n}", who, who, "hi", NOON) for n, who in enumerate(EVERYBODY)
            ]
            await unit.add(place, other, *(replace(one, state=MessageState.DONE) for one in said))
            await unit.add(PersonRow("rowan", "Rowan", Role.USER, "dora", NOON))
            await unit.add(Rule("r99", "api", "Bash(make)", "dora", NOON))
            await unit.add(AccountRow("telegram:1", "rowan", "telegram", "1", "dora", NOON))
            goods = {owner: await stock(unit, place, owner, 100 * n) for n, owner in enumerate(EVERYBODY, 1)}
        undoing = Undoing(desk.house.store)
        house = replace(desk.house, store=cast("Store", undoing), admits=False)
        yield (
            Desk(house, lambda: None, lambda: None, lambda _: _no_card(), lambda _: ""),
            undoing,
            place,
            goods,
        )


def _no_card() -> Any:
    raise AssertionError("nobody draws here")


def settings(directory: Path, **project: Any) -> Settings:
    (directory / "api").mkdir(exist_ok=True)
    file = directory / "frontdesk.toml"
    file.write_text('[models.other]\nmodel = "openai:gpt-6-luna"\n')
    roles = {**{name: role for role, name in CAST.items()}, OTHER: Role.USER}
    found = settings_of(
        {
            "frontdesk": {"home": str(directory / "home")},
            "people": {name: {"role": role, "accounts": {CHAT: name}} for name, role in roles.items()},
            "projects": {"api": {"directory": "api", "specialist": "scripted", **project}},
            "models": {"other": {"model": "openai:gpt-6-luna"}},
            "specialists": {"scripted": {}},
            "secretary": {"model": "rules"},
        },
        directory=directory,
    )
    return replace(found, file=file)


async def test_every_door_keeps_to_the_table(tmp_path: Path) -> None:
    """OpenClaw GHSA-hwmr-gqmh-2j2x, HM #80281: each role at each door, before their own things and others."""
    wrong: list[str] = []
    async with street(tmp_path) as (desk, undoing, place, goods):
        for name, (act, attempt) in ATTEMPTS.items():
            for role, id in CAST.items():
                person = Person(id, id, role)
                cell = grid()[act, role]
                for owner, right in ((id, cell != "-"), (OTHER, cell == "yes")):
                    visit = Visit(desk, undoing, place, person, goods[owner])
                    if await visit.effects(attempt) is not right:
                        wrong.append(f"{role} {name} of {owner}: expected {right}")
    assert not wrong


async def test_a_stranger_gets_through_no_door(tmp_path: Path) -> None:
    """HM PR #81388, zeroclaw #9387: 0 rows from any door, whatever they say of themselves."""
    async with street(tmp_path) as (desk, undoing, place, goods):
        for name, (_, attempt) in ATTEMPTS.items():
            if name.startswith("decides") or name == "asks for status":
                continue  # behind the inbox, where nobody is a stranger any more
            visit = Visit(desk, undoing, place, STRANGER, goods[OTHER])
            assert not await visit.effects(attempt), name
