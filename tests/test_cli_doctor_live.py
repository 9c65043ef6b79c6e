"""``doctor --live`` asks each model and specialist once, says who pays, and every failure has its remedy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from adapters.rehearsal.model_server import Fault, FaultKind, ModelServer, Script
from bot.cli.doctor import Check, Verdict
from bot.cli.doctor.live import ask_models, ask_specialists
from bot.settings import Settings, settings_of
from tests.commands import Shell, shell

__all__ = ["shell"]

KEY = "sk-ant-planted-live-key-0123456789"
KEYS = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY}
KNOWN = Script(models=("gpt-5-mini", "claude-haiku-4-5", "claude-opus-5-5"), otherwise="ready")


def house(directory: Path, url: str, openai_url: str, **project: str) -> Settings:
    (directory / "api").mkdir(exist_ok=True)
    return settings_of(
        {
            "frontdesk": {"home": str(directory / "home")},
            "secretary": {"model": "openai:gpt-5-mini", "base_url": openai_url},
            "projects": {"api": {"directory": "api", "model": "claude-haiku-4-5", **project}},
            "specialists": {"claude-code": {"auth": "api-key", "base_url": url}},
        },
        environ=KEYS,
        directory=directory,
    )


async def asked(
    ask: Callable[[Settings], Awaitable[list[Check]]], directory: Path, script: Script, **project: str
) -> Check:
    async with ModelServer(script) as server:
        (check,) = await ask(house(directory, server.url, server.openai_url, **project))
    assert KEY not in check.detail + check.remedy
    return check


REFUSED = Fault(FaultKind.STATUS, status=401, message=f"Incorrect API key provided: {KEY}")
BUSY = Fault(FaultKind.STATUS, status=429)


def failing(fault: Fault) -> Script:
    return Script(models=KNOWN.models, faults=(fault,))


async def test_a_model_that_answers_is_named_with_time_and_price(tmp_path: Path) -> None:
    """The secretary's model over the wire; the organisation is the provider's own word."""
    check = await asked(ask_models, tmp_path, KNOWN)
    assert (check.verdict, check.name) == (Verdict.PASS, "openai:gpt-5-mini")
    assert "answered in" in check.detail
    assert "$0.0" in check.detail


@pytest.mark.parametrize(
    ("fault", "what", "remedy"),
    [
        (REFUSED, "401: its key was refused", "Correct the key"),
        (BUSY, "429: its provider asks us to wait", "Wait a moment"),
    ],
)
async def test_a_provider_that_refuses_is_a_sentence_with_a_remedy(
    tmp_path: Path, fault: Fault, what: str, remedy: str
) -> None:
    """Never silence (openclaw #102598): the reason and what to do, without the key that a provider quotes."""
    check = await asked(ask_models, tmp_path, failing(fault))
    assert check.verdict is Verdict.FAIL
    assert what in check.detail
    assert remedy in check.remedy


async def test_a_provider_that_cannot_be_reached_says_where_to_look(tmp_path: Path) -> None:
    """Nobody listens there."""
    settings = house(tmp_path, "http://127.0.0.1:9", "http://127.0.0.1:9/v1")
    (check,) = await ask_models(settings)
    assert "no connection" in check.detail
    assert "secretary.base_url" in check.remedy


async def test_an_unknown_model_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    """Of those that the provider lists for the key."""
    async with ModelServer(KNOWN) as server:
        settings = house(tmp_path, server.url, server.openai_url)
        wrong = settings.secretary.model_copy(update={"model": "openai:gpt-5-mimi"})
        object.__setattr__(settings, "secretary", wrong)
        (check,) = await ask_models(settings)
    assert check.verdict is Verdict.FAIL
    assert check.remedy == "Did you mean openai:gpt-5-mini?"


@pytest.mark.claude
async def test_claude_code_answers_with_its_own_credential(tmp_path: Path) -> None:
    """The real program, once, without tools."""
    check = await asked(ask_specialists, tmp_path, KNOWN)
    assert (check.verdict, check.name) == (Verdict.PASS, "claude-code (claude-haiku-4-5)"), check
    assert "answered in" in check.detail


@pytest.mark.claude
@pytest.mark.parametrize(
    ("fault", "verdict", "remedy"), [(REFUSED, Verdict.FAIL, "log"), (BUSY, Verdict.WARN, "Wait a moment")]
)
async def test_claude_code_that_is_refused_says_so_at_once(
    tmp_path: Path, fault: Fault, verdict: Verdict, remedy: str
) -> None:
    """One try, then the reason and what to do."""
    check = await asked(ask_specialists, tmp_path, failing(fault))
    assert check.verdict is verdict
    assert remedy in check.remedy
    assert check.detail


@pytest.mark.claude
async def test_claude_code_with_an_unknown_model_is_told_the_nearest(tmp_path: Path) -> None:
    """The list is the provider's own, asked with the same key."""
    check = await asked(ask_specialists, tmp_path, KNOWN, model="claude-haiku-4-6")
    assert check.verdict is Verdict.FAIL
    assert check.remedy == "Did you mean claude-haiku-4-5?"


async def test_the_command_says_before_that_it_pays(tmp_path: Path, shell: Shell) -> None:
    """On stderr, so that --json stays JSON; rules mode and a scripted specialist cost nothing."""
    play = tmp_path / "play.toml"
    play.write_text('otherwise = "ready"\n')
    shell.write(
        '[secretary]\nmodel = "rules"\n[projects.api]\ndirectory = "."\nspecialist = "scripted"\n'
        f'sandbox = "none"\n[specialists.scripted]\nscript = "{play}"\n'
    )
    ended = await asyncio.to_thread(shell, "doctor", "--live", "--json")
    assert "paid for" in ended.err
    live = [check for check in json.loads(ended.out)["checks"] if check["group"] == "live requests"]
    assert [(check["name"], check["verdict"]) for check in live] == [("scripted", "pass")]
