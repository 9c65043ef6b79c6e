"""Whether Claude Code can run here, found out without a request that costs money."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Final

from adapters.specialists.child.output import run
from adapters.specialists.claude_code.payload import table, text
from adapters.specialists.claude_code.settings import Auth, ClaudeCodeSettings
from bot.errors import Reason, SpecialistError
from bot.ports import Health

INSTALL: Final = "pip install 'frontdesk[claude]'"
_VERSION_S: Final = 20.0


def program(settings: ClaudeCodeSettings) -> str:
    """The program that would run; raises SpecialistError when there is none."""
    try:
        import claude_agent_sdk
    except ModuleNotFoundError as missing:
        raise SpecialistError(
            f"The Claude Code extra is not installed; install it with: {INSTALL}", reason=Reason.NOT_FOUND
        ) from missing
    if settings.program is not None:
        found = shutil.which(settings.program)
        if found is None:
            raise SpecialistError(
                f"There is no program {settings.program}; correct [specialists.claude-code] program, or "
                "leave it out to use the one inside claude-agent-sdk.",
                reason=Reason.NOT_FOUND,
            )
        return found
    bundled = Path(claude_agent_sdk.__file__).parent / "_bundled" / "claude"
    if not bundled.is_file():
        raise SpecialistError(
            "claude-agent-sdk carries no Claude Code for this platform; install Claude Code and set its path "
            "as [specialists.claude-code] program.",
            reason=Reason.NOT_FOUND,
        )
    return str(bundled)


async def check(settings: ClaudeCodeSettings) -> Health:
    try:
        path = program(settings)
    except SpecialistError as missing:
        return Health(ok=False, detail=str(missing), remedy=INSTALL)
    version = await _version(path)
    if not version:
        return Health(
            ok=False, detail=f"{path} does not start.", remedy=f"run {path} --version and see what it says"
        )
    signed_in, words, remedy = auth_state(settings)
    detail = f"Claude Code {version}; {words}."
    facts = {"program": path, "version": version, "auth": settings.auth.value}
    if settings.auth is Auth.LOGIN and (account := _account(settings)):
        facts["account"] = account
    return Health(signed_in, detail, remedy, facts)


def _account(settings: ClaudeCodeSettings) -> str:
    """Whose login it is, as Claude Code noted it: beside ``~/.claude``, or inside a directory of its own."""
    place = Path(settings.login_dir).expanduser()
    beside = place.with_name(".claude.json") if place.name == ".claude" else place / ".claude.json"
    try:
        noted = table(table(json.loads(beside.read_text(encoding="utf-8"))).get("oauthAccount"))
    except (OSError, ValueError):
        return ""
    names = (text(noted.get("emailAddress")), text(noted.get("organizationName")))
    return ", ".join(name for name in names if name)


async def _version(path: str) -> str:
    ended = await run(
        [path, "--version"],
        environment={"PATH": os.defpath, "DISABLE_AUTOUPDATER": "1"},
        directory="/",
        timeout_s=_VERSION_S,
    )
    return ended.stdout.text().split(" ")[0].strip() if ended.returncode == 0 else ""


def auth_state(settings: ClaudeCodeSettings) -> tuple[bool, str, str]:
    """Whether there is a credential at all, in words, and what to do if not. Nothing is sent anywhere."""
    match settings.auth:
        case Auth.API_KEY if settings.credential:
            return True, "signs in with an API key", ""
        case Auth.API_KEY:
            return False, "has no API key", "set ANTHROPIC_API_KEY, or ANTHROPIC_API_KEY_FILE"
        case Auth.OAUTH_TOKEN if settings.credential:
            return True, "signs in with a token of the subscription", ""
        case Auth.OAUTH_TOKEN:
            return False, "has no token", "run `claude setup-token` and set CLAUDE_CODE_OAUTH_TOKEN"
        case Auth.LOGIN:
            return _login_state(settings)


def _login_state(settings: ClaudeCodeSettings) -> tuple[bool, str, str]:
    kept = Path(settings.login_dir).expanduser() / ".credentials.json"
    try:
        login = table(table(json.loads(kept.read_text(encoding="utf-8"))).get("claudeAiOauth"))
    except (OSError, ValueError):
        return (
            False,
            f"nobody is logged in at {settings.login_dir}",
            "run `claude` once and log in with /login",
        )
    plan = text(login.get("subscriptionType"))
    return True, f"uses the login at {settings.login_dir}" + (f" ({plan})" if plan else ""), ""
