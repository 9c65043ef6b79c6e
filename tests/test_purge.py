"""Forgetting what is old: what is shown is what goes, with every file of it, and nothing that is needed."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from bot import forgetting
from bot.cli.inside import MARK
from bot.errors import Refused
from bot.house import utc_now
from bot.model.dispatches import Dispatch, Run, Session, Status
from bot.model.log import AuditRow, LedgerRow
from bot.model.purging import Purge
from bot.ports import Unit
from tests.commands import Shell, shell
from tests.houses import CHAT, Household, open_household, tables
from tests.test_cli_people import CONFIGURATION

__all__ = ["shell"]


async def a_done_dispatch(house: Household, n: int) -> Session:
    """With a transcript, something beside it, and a todo list."""
    house.platform.writes("ann", "/run utter hello", f"place{n}")
    await house.until_said("It said hello.", f"place{n}")
    await house.until(lambda: house.running.desk.house.meter.value("runs_total", end="done") >= n)
    (session,) = await house.rows(Session, dispatch=f"d{n}")
    beside = Path(session.config_dir, "projects", "-src-api", session.id)
    beside.mkdir(parents=True)
    (beside / "result.txt").write_text("long")
    (todo := Path(session.config_dir, "todos", f"{session.id}-agent-{session.id}.json")).parent.mkdir(
        exist_ok=True
    )
    todo.write_text("[]")
    return session


def files_of(session: Session) -> list[Path]:
    return [path for path in Path(session.config_dir).rglob("*") if path.name.startswith(session.id)]


def tomorrow() -> Purge:
    return Purge(utc_now() + timedelta(days=1))


async def test_what_is_shown_is_what_goes(tmp_path: Path) -> None:
    """Rows, transcripts and session directories of ended work, to the byte; a question that waits keeps its
    session; money and who did what are kept."""
    configuration = tables(tmp_path, chats={CHAT: {}}, questions={"grace_s": 0.0})
    async with open_household(tmp_path, configuration) as house:
        done = await a_done_dispatch(house, 1)
        house.platform.writes("ann", "/run pick a colour", "asks")
        await house.until_said("Which colour?", "asks")
        await house.until_rows(second_is_parked)
        (waiting,) = await house.rows(Session, dispatch="d2")
        keeping, ann = house.running.desk.keeping, house.settings.person_named("ann")
        assert ann is not None
        assert files_of(done)
        assert files_of(waiting)
        shown = await keeping.preview(ann, tomorrow())
        assert (shown.transcripts, shown.session_directories) == (2, 1)
        assert files_of(done)
        assert await keeping.purge(ann, tomorrow()) == shown
        assert shown.transcript_bytes > len("long") + len("[]")
        assert not files_of(done)
        assert files_of(waiting)
        assert [item.id for item in await house.rows(Dispatch)] == ["d2"]
        assert {run.dispatch for run in await house.rows(Run)} == {"d2"}
        assert await house.rows(LedgerRow, object="d1/1")
        (audited,) = await house.rows(AuditRow, action="purge")
        assert (audited.person, audited.object) == ("ann", "house")
        assert f"{sum(shown.rows.values())} rows, 2 transcripts" in audited.detail
        house.platform.presses("ann", "blue", "asks")
        await house.until_said("It chose blue.", "asks")


async def second_is_parked(unit: Unit) -> bool:
    found = await unit.get(Dispatch, "d2")
    return found is not None and found.status is Status.PARKED


async def test_one_dispatch_goes_alone_and_never_while_it_lives(tmp_path: Path) -> None:
    """Its neighbour keeps its files; work that goes on is refused with what to do."""
    async with open_household(tmp_path, tables(tmp_path, chats={CHAT: {}})) as house:
        first, second = [await a_done_dispatch(house, n) for n in (1, 2)]
        house.platform.writes("ann", "/run think for ever", "thinks")
        await house.until_said("d3", "thinks")
        keeping, ann = house.running.desk.keeping, house.settings.person_named("ann")
        assert ann is not None
        one = Purge(tomorrow().before, dispatch="d1")
        assert (await keeping.purge(ann, one)).rows["dispatches"] == 1
        assert not files_of(first)
        assert files_of(second)
        with pytest.raises(Refused, match="frontdesk cancel d3"):
            await keeping.purge(ann, Purge(tomorrow().before, dispatch="d3"))
        with pytest.raises(Refused, match="no dispatch d9"):
            await keeping.preview(ann, Purge(tomorrow().before, dispatch="d9"))


async def test_files_that_a_crash_left_go_later_and_links_lead_nowhere(tmp_path: Path) -> None:
    """What no row knows goes by its age; a young file may be a session that is just being adopted. A link
    that a run made is not followed."""
    async with open_household(tmp_path, tables(tmp_path, chats={CHAT: {}})) as house:
        room = house.settings.home / "specialists" / "scripted" / "api" / "sessions"
        room.mkdir(parents=True)
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        old, young, outside = (folder / f"{uuid4()}.jsonl" for folder in (room, room, elsewhere))
        for path in (old, young, outside):
            path.write_text("{}")
        for path in (old, outside):
            os.utime(path, (1_000_000, 1_000_000))
        (room / "away").symlink_to(elsewhere)
        (room / f"{uuid4()}").symlink_to(elsewhere)
        core = house.running.desk.house
        gone = await forgetting.forget(core, Purge(forgetting.kept_since(core)))
        assert (gone.transcripts, gone.transcript_bytes) == (1, 2)
        assert not old.exists()
        assert young.exists()
        assert outside.exists()


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def house(shell: Shell) -> Shell:
    """An admin and a viewer in the file, and one dispatch that was cancelled."""
    shell.write(CONFIGURATION)
    assert shell("dispatch", "api", "fix it", "--as", "ann").code == 0
    assert shell("cancel", "d1", "--as", "ann").code == 0
    return shell


def test_the_command_shows_first_and_keeps_who_asked(house: Shell) -> None:
    """Nothing is that old, so nothing goes; the age has to be one; with --yes it is audited."""
    shown = house("purge", "--older-than", "30d", "--as", "ann")
    assert (shown.code, shown.out) == (0, "There is nothing that old.\n")
    done = json.loads(house("purge", "--older-than", "4w", "--yes", "--as", "ann", "--json").out)
    assert (done["deleted"], done["purge"]["rows"]) == (True, {})
    listed = house("logs", "--house", "--as", "ann").out
    assert "ann  purge  house  ended before" in listed
    (row,) = json.loads(house("logs", "--house", "--as", "ann", "--json").out)["audit"][-1:]
    assert (row["person"], row["action"]) == ("ann", "purge")
    for age in ("0d", "d", "30", "-3d", "999999d", "3h"):
        ended = house("purge", "--older-than", age, "--as", "ann")
        assert (ended.code, "no age" in ended.err) == (2, True), age


def test_only_an_admin_forgets_and_reads_who_did_what(house: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a viewer, not even to look, and nobody from inside a run."""
    for command in (("purge", "--older-than", "30d"), ("logs", "--house")):
        ended = house(*command, "--as", "vic")
        assert (ended.code, "may not" in ended.err) == (3, True)
    assert house("logs", "d1", "--house", "--as", "ann").code == 2
    monkeypatch.setenv(MARK, "d7/2")
    ended = house("purge", "--older-than", "30d", "--as", "ann")
    assert (ended.code, "inside the run d7/2" in ended.err) == (3, True)
