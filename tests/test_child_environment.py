"""A worker's environment is what we chose, and nothing that happened to be there."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.specialists.child.environment import Marker, depth, inside_run, worker_environment
from bot.errors import Reason, SpecialistError

MARKER = Marker("house", "d1/1")


def test_only_search_path_language_and_zone_come_from_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else in the house's environment stays there."""
    for name in ("SLACK_BOT_TOKEN", "ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", "CLAUDECODE", "LD_PRELOAD"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    seen = worker_environment(home="/h", scratch="/s", marker=MARKER, depth=2)
    assert "secret" not in seen.values()
    assert seen["LC_ALL"] == "C.UTF-8"
    assert seen["TZ"] == "Europe/Berlin"
    assert (seen["HOME"], seen["TMPDIR"], seen["TERM"]) == ("/h", "/s", "dumb")
    assert (inside_run(seen), depth(seen)) == ("d1/1", 2)


@pytest.mark.parametrize(
    "name",
    ["SLACK_APP_TOKEN", "TELEGRAM_BOT_TOKEN", "FRONTDESK_DATABASE", "ANTHROPIC_API_KEY", "openai_api_key"],
)
def test_a_secret_of_the_house_is_refused_by_name(name: str) -> None:
    """A project cannot name what belongs to the house; the sentence says what to do instead."""
    with pytest.raises(
        SpecialistError, match=f"{name} is a secret of the house.*under another name"
    ) as refused:
        worker_environment(home="/h", scratch="/s", marker=MARKER, variables={name: "x"})
    assert refused.value.reason is Reason.PERMISSION


@pytest.mark.parametrize(("name", "value"), [("A B", "x"), ("A=B", "x"), ("", "x"), ("A", "x\0y")])
def test_what_cannot_be_a_variable_is_refused(name: str, value: str) -> None:
    """A malformed name or value is named before any program is started."""
    with pytest.raises(SpecialistError, match="cannot be an environment variable"):
        worker_environment(home="/h", scratch="/s", marker=MARKER, variables={name: value})


def test_the_credential_is_the_only_key_that_passes() -> None:
    """What the specialist logs in with is given explicitly."""
    seen = worker_environment(
        home="/h",
        scratch="/s",
        marker=MARKER,
        variables={"DATABASE_URL": "d"},
        credential={"ANTHROPIC_API_KEY": "k"},
    )
    assert (seen["DATABASE_URL"], seen["ANTHROPIC_API_KEY"]) == ("d", "k")


def test_a_project_cannot_pretend_to_be_nested_or_outside_a_run() -> None:
    """Markers of nesting are dropped, and our own cannot be replaced."""
    seen = worker_environment(
        home="/h",
        scratch="/s",
        marker=MARKER,
        variables={"CLAUDECODE": "1", "HOME": "/root", "TMPDIR": "/tmp"},
    )
    assert "CLAUDECODE" not in seen
    assert (seen["HOME"], seen["TMPDIR"]) == ("/h", "/s")


def test_a_house_has_one_marker_however_its_home_is_written(tmp_path: Path) -> None:
    """A symbolic link to the home names the same house, another home another one."""
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to("home")
    assert Marker.of(tmp_path / "home", "d1/1") == Marker.of(tmp_path / "link", "d1/1")
    assert Marker.of(tmp_path / "home").house != Marker.of(tmp_path).house


def test_a_marker_marks_its_run_and_no_longer_name() -> None:
    """d1/1 is not d1/11, and a house without a run marks all of its runs."""
    block = b"A=1\0FRONTDESK_HOUSE=house\0FRONTDESK_RUN=d1/11\0"
    assert not Marker("house", "d1/1").marks(block)
    assert Marker("house", "d1/11").marks(block)
    assert Marker("house").marks(block)
    assert not Marker("hous").marks(block)


def test_a_depth_that_is_no_number_counts_as_outside() -> None:
    """Nobody is stopped by a stray variable."""
    assert depth({"FRONTDESK_DEPTH": "x"}) == 0
    assert depth({}) == 0
    assert inside_run({}) is None
