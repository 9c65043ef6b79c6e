"""A changed configuration takes effect in the running house, whole or not at all; its secrets are learned."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from bot import in_force
from bot.app import RunningHouse, open_house
from bot.in_force import InForce
from bot.model.conversations import Address, Wrote
from bot.model.people import Identity
from bot.model.posts import OutboxRow
from bot.redact import Redactor
from bot.reloading import kept_until_restart
from bot.settings import Settings, load, reread, settings_of
from tests.commands import Shell, shell
from tests.houses import tables
from tests.servings import configure, serving

pytestmark = pytest.mark.full

__all__ = ["shell"]

PATIENCE_S = 90.0
"""Importing the model libraries on a busy machine takes its time; nothing waits so long when all is well."""
PLAY = 'otherwise = "Did it."\n'
MORE = '[people.bob]\n[projects.site]\ndirectory = "site"\nspecialist = "scripted"\n'


async def until_answered(settings: Settings) -> InForce:
    """What a running house says about the files as they are."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = in_force.read(settings.home)
            if found is not None and found.stamp == in_force.stamp_of(settings):
                return found
            await asyncio.sleep(0.02)


def append(configuration: Path, text: str) -> None:
    configuration.write_text(configuration.read_text() + text)


async def test_people_and_projects_appear_without_a_restart(tmp_path: Path) -> None:
    """The file is noticed by itself; work can be given to a project that did not exist at the start."""
    configuration = configure(tmp_path / "house", PLAY)
    settings = load(str(configuration), environ={})
    async with open_house(settings, reread=reread) as running:
        await until_answered(settings)
        (configuration.parent / "site").mkdir()
        append(configuration, MORE)
        assert await until_answered(settings) == in_force.read(settings.home)
        now = running.desk.house.settings
        assert (sorted(now.people), sorted(now.projects)) == (["ann", "bob"], ["api", "site"])
        ann = now.person_named("ann")
        assert ann
        assert "d1" in str(await running.desk.dispatch(ann, "site", "do it"))


async def test_a_mistake_leaves_the_old_one_in_force_and_status_says_why(tmp_path: Path) -> None:
    """Nothing of the wrong file is taken; correcting it clears the problem."""
    configuration = configure(tmp_path / "house", PLAY)
    settings = load(str(configuration), environ={})
    good = configuration.read_text()
    async with open_house(settings, reread=reread) as running:
        await until_answered(settings)
        append(configuration, '[people.eve]\nrole = "amdin"\n')
        found = await until_answered(settings)
        assert "people.eve.role must be one of" in found.refused[0]
        assert list(running.desk.house.settings.people) == ["ann"]
        configuration.write_text(good + '[people.eve]\nrole = "viewer"\n')
        assert (await until_answered(settings)).refused == ()
        assert "eve" in running.desk.house.settings.people


async def test_an_adapter_that_is_missing_refuses_the_whole_file(tmp_path: Path) -> None:
    """The new person beside the new specialist is not admitted either."""
    configuration = configure(tmp_path / "house", PLAY)
    settings = load(str(configuration), environ={})
    async with open_house(settings, reread=reread) as running:
        await until_answered(settings)
        append(configuration, '[people.bob]\n[specialists.other]\nkind = "scripted"\nscript = "play.toml"\n')
        (configuration.parent / "play.toml").write_text("[[rules]]\nwhen = 3\n")
        found = await until_answered(settings)
        assert found.refused
        assert list(running.desk.house.settings.people) == ["ann"]


async def test_a_new_secret_is_hidden_at_once(tmp_path: Path) -> None:
    """In posts and in the log; the old one stays hidden too."""
    configuration = configure(tmp_path / "house", PLAY)
    values = configuration.parent / "values.env"
    values.write_text("SITE_TOKEN=old-planted-token\n")
    (configuration.parent / "site").mkdir()
    append(configuration, MORE + f'env_file = "{values}"\n')
    settings = load(str(configuration), environ={})
    log = Redactor(settings.secret_values())
    async with open_house(settings, reread=reread, redactor=log) as running:
        await until_answered(settings)
        values.write_text("SITE_TOKEN=new-planted-token\n")
        await until_answered(settings)
        for hidden in (running.desk.house.redact, log.redact):
            assert "planted" not in hidden("old-planted-token and new-planted-token")


async def test_the_secretary_is_made_anew_when_its_model_changes(tmp_path: Path) -> None:
    """A house that worked by rules asks the model that the file names now."""
    configuration = configure(tmp_path / "house", PLAY)
    settings = load(str(configuration), environ={})
    async with open_house(settings, reread=reread) as running:
        await until_answered(settings)
        text = configuration.read_text()
        configuration.write_text(
            text.replace('model = "rules"', 'model = "openai:x"\nbase_url = "http://127.0.0.1:9/v1"')
        )
        await until_answered(settings)
        assert running.desk.house.settings.secretary.model == "openai:x"
        assert "The model openai:x did not answer" in await _said(running)


async def _said(running: RunningHouse) -> str:
    """The note that follows a message when the model cannot be reached."""
    where = Address("terminal", "main")
    words = "please write hello.py, which greets people"
    await running.desk.receive(Wrote(Identity("terminal", "ann"), where, "terminal:1", words, "ann"))
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with running.desk.house.store.reading() as unit:
                posts = await unit.find(OutboxRow)
            if said := [row.post.markdown for row in posts if "did not answer" in row.post.markdown]:
                return said[0]
            await asyncio.sleep(0.05)


def test_what_cannot_change_keeps_its_old_value_and_is_named(tmp_path: Path) -> None:
    """Home, database and node, the set of chats and their tokens, and more places than at the start."""
    for name in ("api", "other"):
        (tmp_path / name).mkdir()
    old = settings_of(tables(tmp_path), environ={"SLACK_BOT_TOKEN": "planted-old"}, directory=tmp_path)
    changed = tables(tmp_path, chats={"scripted": {}}, limits={"runs_at_once": 9, "per_person": 7})
    changed["frontdesk"] = {"home": str(tmp_path / "elsewhere"), "node": "two", "timezone": "Europe/Berlin"}
    new = settings_of(changed, environ={"SLACK_BOT_TOKEN": "planted-new"}, directory=tmp_path)
    kept, waiting = kept_until_restart(old, new)
    assert waiting == (
        "frontdesk.home",
        "frontdesk.node",
        "chats.scripted",
        "SLACK_BOT_TOKEN",
        "limits.runs_at_once",
    )
    assert (kept.home, kept.house.node, kept.house.timezone) == (old.home, None, "Europe/Berlin")
    assert (kept.limits.runs_at_once, kept.limits.per_person) == (4, 7)
    assert not kept.chats


async def test_sighup_and_the_command_reach_a_house_in_another_process(tmp_path: Path, shell: Shell) -> None:
    """SIGHUP does not end a service; `frontdesk reload` says that the new file is in force, or why not."""
    configuration = configure(tmp_path / "house", PLAY)
    command = ("--config", str(configuration))
    async with serving(configuration) as served:
        os.kill(served.pid, signal.SIGHUP)
        await served.until_said("configuration.reloaded")
        append(configuration, "[people.bob]\n[limits]\nruns_at_once = 9\n")
        ended = await asyncio.to_thread(shell, *command, "reload")
        assert ended.code == 0, ended
        assert f"The house (process {served.pid}) goes by this configuration now." in ended.out
        assert "limits.runs_at_once changes only when the house is started again." in ended.out
        ended = await asyncio.to_thread(shell, *command, "status", "--json")
        assert (ended.code, json.loads(ended.out)["status"]["restart"]) == (0, ["limits.runs_at_once"])
        append(configuration, "[people.eve]\nrol = 1\n")
        ended = await asyncio.to_thread(shell, *command, "reload")
        assert ended.code == 2
        assert "people.eve.rol is not a setting" in ended.err


def test_reload_needs_a_house_and_a_person(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a house it ends with 4 and says when the file is read; inside a run it refuses."""
    shell.write("[people.ann]\n")
    ended = shell("reload")
    assert ended.code == 4
    assert "the next start reads it" in ended.err
    monkeypatch.setenv("FRONTDESK_RUN", "d1/1")
    assert shell("reload").code == 3
