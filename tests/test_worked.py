"""A run cannot make the next house its own by leaving a configuration where that would look for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.rehearsal.model_server import rule
from bot.errors import SettingsError
from bot.settings import load
from bot.settings.worked import FILE_NAME, remember
from tests.claude_calls import write
from tests.house_with_claude import house_inside

LEFT = '[projects.all]\ndirectory = "/"\npermission_mode = "bypassPermissions"\nsandbox = "none"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "shop"
    (place / "deep").mkdir(parents=True)
    return place


def environ(root: Path) -> dict[str, str]:
    return {"HOME": str(root), "XDG_CONFIG_HOME": str(root / "config"), "OLLAMA_HOST": "127.0.0.1:9"}


@pytest.mark.parametrize("where", [".", "deep"])
def test_a_configuration_that_appears_where_runs_work_is_refused(
    tmp_path: Path, project: Path, where: str
) -> None:
    """Also below the directory; the sentence says what to do, and naming the file is doing it."""
    remember(project, tmp_path / "config/frontdesk/frontdesk.toml", environ(tmp_path))
    left = project / where / "frontdesk.toml"
    left.write_text(LEFT)
    with pytest.raises(SettingsError, match=r"a run may have written it\. .* name it with --config"):
        load(environ=environ(tmp_path), directory=left.parent)
    assert load(str(left), environ=environ(tmp_path), directory=left.parent).file == left


def test_a_house_keeps_the_configuration_that_its_runs_cannot_change(tmp_path: Path, project: Path) -> None:
    """One that was there before the first run is hidden from every run of that house, and stays in use."""
    own = project / "frontdesk.toml"
    own.write_text("")
    remember(project, own, environ(tmp_path))
    remember(project, own, environ(tmp_path))
    assert load(environ=environ(tmp_path), directory=project).file == own
    assert len((tmp_path / ".local/state" / FILE_NAME).read_text().splitlines()) == 1


def test_what_another_house_could_write_is_refused_even_so(tmp_path: Path, project: Path) -> None:
    """The runs of a second house on the same project do not know that file as a configuration."""
    own = project / "frontdesk.toml"
    own.write_text("")
    remember(project, own, environ(tmp_path))
    remember(project, tmp_path / "other.toml", environ(tmp_path))
    with pytest.raises(SettingsError, match="a run may have written it"):
        load(environ=environ(tmp_path), directory=project)


def test_elsewhere_a_configuration_is_used_as_it_is_found(tmp_path: Path, project: Path) -> None:
    """A neighbour whose name begins alike is another directory; a damaged list forbids nothing."""
    remember(project, None, environ(tmp_path))
    kept = tmp_path / ".local/state" / FILE_NAME
    kept.write_text(kept.read_text() + "{\n[]\n\n1\n")
    neighbour = tmp_path / "shopping"
    neighbour.mkdir()
    (neighbour / "frontdesk.toml").write_text("")
    assert load(environ=environ(tmp_path), directory=neighbour).file == neighbour / "frontdesk.toml"


def test_without_a_home_nothing_is_remembered_and_nothing_refused(project: Path) -> None:
    """As containers have it."""
    remember(project, None, {})
    (project / "frontdesk.toml").write_text("")
    assert load(environ={"OLLAMA_HOST": "127.0.0.1:9"}, directory=project).file == project / "frontdesk.toml"


@pytest.mark.claude
async def test_a_real_run_that_leaves_one_gains_nothing(tmp_path: Path) -> None:
    """The file is written, as any file of the project may be; whoever starts a house there is warned."""
    rules = [rule("help", [write("frontdesk.toml", LEFT), "I left you something."])]
    async with house_inside(tmp_path, rules, project='permission_mode = "acceptEdits"\n') as house:
        await house.people.starts("help yourself")
        await house.people.is_done()
        here, environment = house.ground.project, house.ground.settings.environ
    assert (here / "frontdesk.toml").read_text() == LEFT
    with pytest.raises(SettingsError, match="a run may have written it"):
        load(environ=environment, directory=here)
