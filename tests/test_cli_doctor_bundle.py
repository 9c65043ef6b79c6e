"""``doctor --bundle`` helps whoever is asked; it holds no secret, no account and nobody's words."""

from __future__ import annotations

import base64
import json
import logging
import stat
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.logs import configure_logs
from bot.redact import Redactor
from bot.settings.loading import local_account
from tests.commands import Shell, shell

__all__ = ["shell"]

SECRETS = {
    "OPENAI_API_KEY": "sk-planted-provider-0123456789",
    "SLACK_BOT_TOKEN": "xoxb-planted-own-0123456789",
    "TELEGRAM_BOT_TOKEN": "123456789:AAplanted-telegram-token-0123456789",
    "SITE_PASSWORD": "pl@nted pass/word+1",
}
ACCOUNTS = ("T01/U024PLANT", "U024PLANT", "4711000111", "Ann Planted", "annplanted")
WORDS = "planted-words-of-a-person"

CONFIGURATION = """
[frontdesk]
database = "postgresql://frontdesk:planted-db-pass@127.0.0.1:9/x"
[secretary]
model = "rules"
[people.ann]
name = "Ann Planted"
role = "admin"
slack = "T01/U024PLANT"
telegram = 4711000111
terminal = "annplanted"
[projects.api]
directory = "."
specialist = "scripted"
sandbox = "none"
[specialists.scripted]
"""


def disguises(secret: str) -> list[str]:
    return [
        secret,
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode(),
        json.dumps(secret)[1:-1],
    ]


def contents(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture
def planted(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A house whose environment, configuration and log are full of what must not leave."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    shell.write(CONFIGURATION)
    log = shell.directory.parent / "state" / "frontdesk" / "logs" / "frontdesk.log"
    configure_logs(Redactor(), file=log)  # one that knows no secret, as an older version's may have been
    for secret in (*SECRETS.values(), "planted-db-pass"):
        for form in disguises(secret):
            logging.getLogger("x").error("GET https://u:%s@host/?key=%s failed", form, form)
            _fail(form)
    for account in ACCOUNTS:
        logging.getLogger("x").error("message of %s", account)
    return shell


def _fail(secret: str) -> None:
    try:
        raise ValueError(f"refused {secret}")
    except ValueError:
        logging.getLogger("x").exception("it failed with %s", secret)


def test_planted_secrets_have_no_hit_in_any_form(planted: Shell) -> None:
    """Own tokens, provider keys, passwords: plain, URL-encoded, base64; in exceptions and URLs of the log."""
    ended = planted("doctor", "--bundle", "help.zip")
    assert ended.code == 0, ended.err
    found = contents(planted.directory / "help.zip")
    whole = "\n".join(found.values())
    hits = [form for secret in (*SECRETS.values(), "planted-db-pass") for form in disguises(secret)]
    assert [form for form in hits if form in whole] == []
    assert [account for account in ACCOUNTS if account in whole] == []
    assert "it failed with [redacted]" in found["log.txt"]
    assert "message of [person]" in found["log.txt"]


def test_it_says_what_is_inside_and_is_private(planted: Shell) -> None:
    """On the screen and in its README; a file that is there is never replaced."""
    ended = planted("doctor", "--bundle", "help.zip")
    file = planted.directory / "help.zip"
    found = contents(file)
    names = {"machine.json", "doctor.json", "configuration.json", "database.json", "status.json", "log.txt"}
    assert set(found) == names | {"README.txt"}
    assert all(name in ended.out and name in found["README.txt"] for name in names)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(found["configuration.json"])["values"]["secretary.model"]["value"] == "rules"
    assert json.loads(found["machine.json"])["packages"]["pydantic"]
    assert planted("doctor", "--bundle", "help.zip").code == 3


def test_texts_are_inside_only_when_they_are_asked_for(shell: Shell) -> None:
    """Rows are counted either way; messages and goals come with --with-texts, redacted too."""
    mine = CONFIGURATION.replace('"annplanted"', f'"{local_account()}"')
    shell.write(mine.replace("database =", "# database ="))
    assert shell("dispatch", "api", WORDS, "--as", "ann").code == 0
    assert shell("doctor", "--bundle", "plain.zip").code == 0
    plain = contents(shell.directory / "plain.zip")
    assert WORDS not in "\n".join(plain.values())
    rows = json.loads(plain["database.json"])["rows"]
    assert rows["dispatches"] == 1
    assert rows["revision"]
    assert json.loads(plain["status.json"])["live"][0]["id"] == "d1"
    assert shell("doctor", "--bundle", "texts.zip", "--with-texts").code == 0
    assert WORDS in "\n".join(contents(shell.directory / "texts.zip").values())


def test_a_broken_configuration_can_be_bundled_too(shell: Shell) -> None:
    """Its mistakes are in it; that is when help is needed most."""
    shell.write('[secretary]\nmodle = "rules"\n')
    assert shell("doctor", "--bundle", "help.zip").code == 0
    found = contents(shell.directory / "help.zip")
    assert "did you mean model?" in found["configuration.json"]


def test_a_house_that_never_ran_is_left_as_it_is(shell: Shell) -> None:
    """No state directory is made for it."""
    shell.write(CONFIGURATION.replace("database =", "# database ="))
    assert shell("doctor", "--bundle", "help.zip").code == 0
    assert not (shell.directory.parent / "state").exists()
