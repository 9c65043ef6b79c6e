"""Doctor works anywhere, says what to do about everything it finds, and changes nothing."""

from __future__ import annotations

import json

import pytest

from adapters.specialists.sandbox import Level
from bot.cli.doctor.abilities import models
from bot.cli.doctor.workers import sees
from bot.settings import load, settings_of
from tests.commands import Shell, shell

__all__ = ["shell"]


def test_it_works_without_any_configuration(shell: Shell) -> None:
    """Every check that did not pass says what to do; the state directory is not made."""
    ended = shell("doctor", "--json")
    data = json.loads(ended.out)
    assert data["schema_version"] == 1
    assert ended.code == (1 if data["status"] == "fail" else 0)
    assert {check["group"] for check in data["checks"]} == {
        "Python and programs",
        "configuration",
        "state directory and database",
        "models",
        "specialists and sandbox",
        "chats",
        "running house",
    }
    assert all(check["remedy"] for check in data["checks"] if check["verdict"] != "pass")
    assert not (shell.directory.parent / "state").exists()


def test_every_mistake_of_the_configuration_is_a_failed_check(shell: Shell) -> None:
    """Exit 1; the checks that need no configuration are made all the same."""
    shell.write('[people.ann]\nrol = "admin"\n[limits]\nruns = 1\n')
    ended = shell("doctor")
    assert ended.code == 1
    assert "people.ann.rol is not a setting; did you mean role?" in ended.out
    assert "limits.runs is not a setting" in ended.out
    assert "Python: 3." in ended.out


def test_a_model_without_its_key_and_a_silent_server_fail(shell: Shell) -> None:
    """The key is looked for, not tried; the server is asked once."""
    shell.write('[secretary]\nmodel = "mistral:small"\n[projects.here]\ndirectory = "."\nsandbox = "none"\n')
    checks = checks_of(shell)
    assert checks["key for mistral"]["verdict"] == "fail"
    assert "MISTRAL_API_KEY" in checks["key for mistral"]["detail"]
    shell.write('[secretary]\nmodel = "openai:local"\nbase_url = "http://127.0.0.1:9/v1"\n')
    assert checks_of(shell)["server"]["verdict"] == "fail"


def test_a_project_without_walls_is_called_what_it_is(shell: Shell) -> None:
    """Whoever wrote sandbox = "none" is told what that means."""
    shell.write(
        '[projects.api]\ndirectory = "."\nsandbox = "none"\nspecialist = "scripted"\n[specialists.scripted]\n'
    )
    check = checks_of(shell)["sandbox of api"]
    assert check["verdict"] == "warn"
    assert "can act as you" in check["detail"]


def test_doctor_says_what_a_run_gets_of_this_machine(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of variables, never values; what is named and not set; that nothing is hidden at "none"."""
    monkeypatch.setenv("SHOP_URL", "planted-value-of-a-variable")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "4711:planted-token")
    scripted = 'directory = "."\nsandbox = "none"\nspecialist = "scripted"\n'
    shell.write(f'[projects.api]\n{scripted}env = ["SHOP_URL", "LOST_URL"]\n[specialists.scripted]\n')
    check = checks_of(shell)["what runs of api see"]
    assert check["verdict"] == "warn"
    assert "SHOP_URL" in check["detail"]
    assert "not set: LOST_URL" in check["detail"]
    assert "nothing is hidden" in check["detail"]
    assert "planted" not in str(check)
    assert "TELEGRAM" not in check["detail"]


def test_doctor_says_what_the_walls_hide(shell: Shell) -> None:
    """The house's state and its configuration; by the same walls that a run gets."""
    settings = load(str(shell.write('[projects.api]\ndirectory = "."\n')))
    settings.home.mkdir(parents=True)
    for level, what in ((Level.STRICT, "do not exist for them"), (Level.CLAUDE, "are closed to their tools")):
        check = sees(settings, "api", level)
        assert check.verdict == "pass"
        assert str(settings.home) in check.detail
        assert "frontdesk.toml" in check.detail
        assert check.detail.endswith(what)


def test_doctor_looks_for_the_key_of_who_listens_to_voice_notes() -> None:
    """OpenAI wants one, a server of one's own may not; it is not tried."""

    def verdict(voice: dict[str, str], **environ: str) -> str:
        tables = {"voice": voice, "secretary": {"model": "rules"}}
        found = models(
            settings_of(tables, environ={"HOME": "/nowhere", "OLLAMA_HOST": "127.0.0.1:9", **environ})
        )
        return next((check.verdict for check in found if check.name == "voice notes"), "")

    assert verdict({}) == ""
    assert verdict({"model": "whisper-1"}) == "fail"
    assert verdict({"model": "whisper-1"}, OPENAI_API_KEY="sk-of-nobody") == "pass"
    assert verdict({"model": "small", "base_url": "http://127.0.0.1:9/v1"}) == "pass"


def test_a_damaged_database_fails(shell: Shell) -> None:
    """It is opened for reading only."""
    home = shell.directory.parent / "state" / "frontdesk"
    home.mkdir(parents=True, mode=0o700)
    (home / "frontdesk.sqlite3").write_bytes(b"no database" * 100)
    check = checks_of(shell)["database"]
    assert check["verdict"] == "fail"
    assert check["remedy"]


def checks_of(shell: Shell) -> dict[str, dict[str, str]]:
    data = json.loads(shell("doctor", "--json").out)
    return {check["name"]: check for check in data["checks"]}
