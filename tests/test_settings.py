"""The configuration is checked as a whole, says what is wrong in one line each, and never shows a secret."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.model.people import Identity, Role
from bot.settings import Auth, PermissionMode, Sandbox, Settings, Trust, load, settings_of
from bot.settings.home import prepare_home
from bot.settings.models import choose_model, keys_of_models

DEAD = {"OLLAMA_HOST": "127.0.0.1:9"}
"""Nobody listens on the discard port, so no Ollama of this machine is found."""

EXAMPLE = """
[frontdesk]
timezone = "Europe/Berlin"
[secretary]
model = "openai:gpt-5-mini"
[people.ann]
slack = "T01/U024"
telegram = 4711
role = "admin"
notify = "telegram"
quiet_hours = "22:00-07:00"
[people.bob]
terminal = "robert"
[projects.api]
directory = "api"
specialist = "claude-code"
permission_mode = "acceptEdits"
allowed_tools = ["Bash(pytest *)"]
trust = "instructions"
sandbox = "auto"
env = ["DATABASE_URL"]
max_usd_per_dispatch = 2.0
timeout_s = 3600
roles = { bob = "approver" }
[specialists.claude-code]
auth = "login"
[chats.telegram]
[chats.slack.channels.C0123]
project = "api"
[questions]
grace_s = 120
remind_after_s = 1800
expire_after_s = 604800
[budgets]
person_day_usd = 10.0
total_day_usd = 50.0
total_month_usd = 400.0
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with the example of the design and its project."""
    (tmp_path / "api").mkdir()
    (tmp_path / "frontdesk.toml").write_text(EXAMPLE)
    return tmp_path


def read(directory: Path, **environ: str) -> Settings:
    return load(directory=directory, environ={"XDG_CONFIG_HOME": str(directory / "none")} | environ)


def refusal(directory: Path, **environ: str) -> str:
    with pytest.raises(SettingsError) as refused:
        read(directory, **environ)
    return str(refused.value)


def test_the_example_of_the_documentation_is_understood(directory: Path) -> None:
    """Every key of the public example is read as what it says."""
    settings = read(directory)
    api = settings.projects["api"]
    assert api.directory == directory / "api"
    assert api.permission_mode is PermissionMode.ACCEPT_EDITS
    assert (api.trust, api.sandbox, api.allowed_tools) == (
        Trust.INSTRUCTIONS,
        Sandbox.AUTO,
        ("Bash(pytest *)",),
    )
    assert settings.timezone.key == "Europe/Berlin"
    assert settings.auth_of("claude-code") is Auth.LOGIN
    assert settings.chats["slack"].channels["C0123"].project == "api"
    assert settings.file == directory / "frontdesk.toml"


def test_without_any_configuration_the_local_user_may_read_the_current_directory(tmp_path: Path) -> None:
    """Nothing needs to be written before the first try, and nothing can be changed by it."""
    settings = read(tmp_path, XDG_STATE_HOME="/state")
    person = settings.local_person()
    assert person is not None
    assert person.role is Role.ADMIN
    assert settings.projects["here"].directory == tmp_path
    assert settings.projects["here"].permission_mode is PermissionMode.PLAN
    assert settings.home == Path("/state/frontdesk")
    assert settings.database_url == "sqlite:////state/frontdesk/frontdesk.sqlite3"


@pytest.mark.parametrize(
    ("identity", "person"),
    [
        (Identity("terminal", "ann"), "ann"),
        (Identity("terminal", "robert"), "bob"),
        (Identity("slack", "T01/U024"), "ann"),
        (Identity("telegram", "4711"), "ann"),
        (Identity("slack", "T02/U024"), None),
        (Identity("slack", "ann"), None),
        (Identity("telegram", "ann"), None),
        (Identity("terminal", "eve"), None),
        (Identity("terminal", ""), None),
    ],
)
def test_who_is_not_named_is_nobody(directory: Path, identity: Identity, person: str | None) -> None:
    """An account belongs to a person only on the chat it was written down for."""
    found = read(directory).person(identity)
    assert (found.id if found else None) == person


def test_a_project_can_refine_a_role(directory: Path) -> None:
    """A user in general may be an approver in one project."""
    settings = read(directory)
    general, there = settings.person_named("bob"), settings.person_named("bob", project="api")
    assert general is not None
    assert there is not None
    assert (general.role, there.role) == (Role.USER, Role.APPROVER)


def test_the_environment_comes_before_the_file_and_its_origin_is_kept(directory: Path) -> None:
    """FRONTDESK_ and __ reach every value, lists are written as in TOML, one level means [frontdesk]."""
    settings = read(
        directory,
        FRONTDESK_BUDGETS__TOTAL_DAY_USD="7.5",
        FRONTDESK_PROJECTS__API__ALLOWED_TOOLS='["Read", "Bash(ls)"]',
        FRONTDESK_SPECIALISTS__CLAUDE_CODE__AUTH="api-key",
        FRONTDESK_HOME="/srv/desk",
        FRONTDESK_RUN="d1/1",
    )
    assert settings.budgets.total_day_usd == 7.5
    assert settings.projects["api"].allowed_tools == ("Read", "Bash(ls)")
    assert settings.auth_of("claude-code") is Auth.API_KEY
    assert settings.home == Path("/srv/desk")
    assert settings.origins["budgets.total_day_usd"] == "FRONTDESK_BUDGETS__TOTAL_DAY_USD"
    assert settings.origins["budgets.person_day_usd"] == "file"


def test_a_mistake_in_the_environment_names_the_variable(directory: Path) -> None:
    """Whoever set the variable finds it, and the nearest one that exists."""
    assert (
        "FRONTDESK_BUDGETS__TOTAL_DAY_US is not a setting; did you mean FRONTDESK_BUDGETS__TOTAL_DAY_USD?"
        in refusal(directory, FRONTDESK_BUDGETS__TOTAL_DAY_US="1")
    )
    assert "environment: FRONTDESK_BUDGETS__TOTAL_DAY_USD: budgets.total_day_usd must be a number" in refusal(
        directory, FRONTDESK_BUDGETS__TOTAL_DAY_USD="lots"
    )


def test_several_mistakes_are_listed_one_per_line(directory: Path) -> None:
    """Nobody has to try again for each of them."""
    file = directory / "frontdesk.toml"
    file.write_text(EXAMPLE.replace("permission_mode", "permision_mode").replace('"auto"', '"atuo"'))
    lines = refusal(directory).splitlines()
    assert len(lines) == 2
    assert (
        "frontdesk.toml: projects.api.permision_mode is not a setting; did you mean permission_mode?" in lines
    )
    assert any(
        "projects.api.sandbox must be one of auto, strict, claude, none; did you mean auto?" in line
        for line in lines
    )


def test_two_people_cannot_share_an_account(directory: Path) -> None:
    """Otherwise it would be chance who approved."""
    file = directory / "frontdesk.toml"
    file.write_text(EXAMPLE.replace('terminal = "robert"', 'terminal = "ann"'))
    assert "people.bob.terminal is the account of ann too" in refusal(directory)


def test_no_project_may_lie_inside_the_house(directory: Path) -> None:
    """A specialist that works there could read every row."""
    assert "projects.api.directory lies inside frontdesk.home" in refusal(
        directory, FRONTDESK_HOME=str(directory)
    )


def secret_file(directory: Path, mode: int = 0o600, content: str = "xoxb-from-a-file\n") -> str:
    path = directory / "token"
    path.write_text(content)
    path.chmod(mode)
    return str(path)


def test_a_secret_can_come_from_a_private_file(directory: Path) -> None:
    """NAME_FILE names it; the line end is no part of it."""
    settings = read(directory, SLACK_BOT_TOKEN_FILE=secret_file(directory))
    assert settings.secrets.get("SLACK_BOT_TOKEN") == "xoxb-from-a-file"
    assert directory / "token" in settings.hidden_paths()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_file_that_others_can_read_is_refused(directory: Path, mode: int) -> None:
    """The refusal is the command that helps."""
    path = secret_file(directory, mode)
    assert f"chmod 600 {path}" in refusal(directory, SLACK_BOT_TOKEN_FILE=path)


def test_a_pipe_instead_of_a_secret_file_does_not_hold_up_the_start(directory: Path) -> None:
    """It is refused at once, although nobody ever writes to it."""
    path = directory / "pipe"
    os.mkfifo(path, 0o600)
    assert "is not a regular file" in refusal(directory, TELEGRAM_BOT_TOKEN_FILE=str(path))


def test_a_secret_given_twice_is_refused(directory: Path) -> None:
    """Nobody could say which one is in force."""
    twice = refusal(directory, SLACK_BOT_TOKEN="xoxb-1", SLACK_BOT_TOKEN_FILE=secret_file(directory))
    assert "SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are both set" in twice


def with_token_file(directory: Path, name: str = "TELEGRAM_BOT_TOKEN") -> None:
    """The example, with a chat that names a private file."""
    line = f'[chats.telegram]\nsecret_files = {{ {name} = "token" }}'
    (directory / "frontdesk.toml").write_text(EXAMPLE.replace("[chats.telegram]", line))


def test_a_chat_can_name_the_file_of_its_token(directory: Path) -> None:
    """It is a secret like any other, hidden from runs; the environment comes before it."""
    secret_file(directory)
    with_token_file(directory)
    settings = read(directory)
    assert settings.secrets.get("TELEGRAM_BOT_TOKEN") == "xoxb-from-a-file"
    assert directory / "token" in settings.hidden_paths()
    assert "xoxb-from-a-file" in settings.secret_values()
    given = read(directory, TELEGRAM_BOT_TOKEN="of-the-environment")
    assert given.secrets.get("TELEGRAM_BOT_TOKEN") == "of-the-environment"


def test_a_token_file_that_cannot_be_used_is_a_mistake_of_its_key(directory: Path) -> None:
    """Open to others, missing, or under a name that is no secret's."""
    secret_file(directory, 0o644)
    with_token_file(directory)
    assert "chats.telegram.secret_files.TELEGRAM_BOT_TOKEN: " in refusal(directory)
    (directory / "token").unlink()
    assert "is not a file on this machine" in refusal(directory)
    secret_file(directory)
    with_token_file(directory, "PATH")
    assert "must be the usual name of a secret" in refusal(directory)


def test_secrets_do_not_show_themselves(directory: Path) -> None:
    """Printing the settings, as an error report does, shows names only."""
    env_file = directory / "api.env"
    env_file.write_text('API_TOKEN="from-the-env-file"\nNODE_ENV=production\n')
    (directory / "frontdesk.toml").write_text(
        EXAMPLE.replace('trust = "instructions"', 'env_file = "api.env"')
    )
    settings = read(
        directory,
        OPENAI_API_KEY="sk-planted-in-the-environment",
        DATABASE_URL="postgresql://ann:planted-password@db/app",
        FRONTDESK_DATABASE="postgresql://desk:planted%2Fdatabase@db/desk",
    )
    hidden = settings.secret_values()
    assert {
        "sk-planted-in-the-environment",
        "planted-password",
        "planted%2Fdatabase",
        "planted/database",
    } <= hidden
    assert "from-the-env-file" in hidden
    assert "production" not in hidden
    assert repr(settings.secrets) == "Secrets(OPENAI_API_KEY)"
    assert "sk-planted" not in repr(settings)
    assert "planted" not in repr(settings)


def test_a_project_sees_only_the_variables_it_names(directory: Path) -> None:
    """What is not set is not invented."""
    settings = read(directory, DATABASE_URL="x", OTHER="y")
    assert settings.project_environment("api") == {"DATABASE_URL": "x"}
    assert read(directory).project_environment("api") == {}


def test_only_the_chosen_credential_is_handed_out(directory: Path) -> None:
    """A login gets no key, although one is set for the secretary."""
    assert read(directory, ANTHROPIC_API_KEY="sk-ant-1").credential_of("claude-code") is None
    chosen = settings_of({}, environ={"ANTHROPIC_API_KEY": "sk-ant-1"}, directory=directory)
    assert (chosen.auth_of("claude-code"), chosen.credential_of("claude-code")) == (Auth.API_KEY, "sk-ant-1")
    from_file = settings_of(
        {"specialists": {"claude-code": {"api_key_file": secret_file(directory, content="sk-ant-own")}}},
        environ={"ANTHROPIC_API_KEY": "sk-ant-1"},
        directory=directory,
    )
    assert from_file.credential_of("claude-code") == "sk-ant-own"
    assert "sk-ant-own" in from_file.secret_values()


def test_the_model_is_the_configured_one_else_one_that_is_found(directory: Path) -> None:
    """A key comes before rules; the reason is said."""
    none = settings_of({}, environ=DEAD, directory=directory)
    assert choose_model(none).model == "rules"
    keyed = settings_of({}, environ=DEAD | {"ANTHROPIC_API_KEY": "sk-ant-1"}, directory=directory)
    assert choose_model(keyed).model.startswith("anthropic:")
    assert choose_model(keyed).why == "ANTHROPIC_API_KEY is set."
    assert keys_of_models(keyed, choose_model(keyed).model, None) == {"anthropic": "sk-ant-1"}
    assert choose_model(read(directory)).model == "openai:gpt-5-mini"


def test_reminders_wait_during_quiet_hours_of_the_local_time(directory: Path) -> None:
    """22:00-07:00 in Berlin spans midnight; somebody without quiet hours has none."""
    settings = read(directory)
    assert settings.is_quiet("ann", datetime(2026, 1, 1, 22, 30, tzinfo=UTC))  # 23:30 in Berlin
    assert settings.is_quiet("ann", datetime(2026, 1, 1, 5, 59, tzinfo=UTC))
    assert not settings.is_quiet("ann", datetime(2026, 1, 1, 6, 0, tzinfo=UTC))  # 07:00
    assert not settings.is_quiet("bob", datetime(2026, 1, 1, 23, 0, tzinfo=UTC))


def test_a_file_named_by_hand_must_exist(tmp_path: Path) -> None:
    """--config and FRONTDESK_CONFIG never fall back to another file."""
    with pytest.raises(SettingsError, match="there is no file"):
        load(str(tmp_path / "nowhere.toml"), environ={}, directory=tmp_path)
    with pytest.raises(SettingsError, match="FRONTDESK_CONFIG: there is no file"):
        load(environ={"FRONTDESK_CONFIG": str(tmp_path)}, directory=tmp_path)


def test_a_file_that_everybody_can_change_is_refused(directory: Path) -> None:
    """It names programs that the house runs."""
    (directory / "frontdesk.toml").chmod(0o666)
    assert "chmod go-w" in refusal(directory)


def test_the_home_is_closed_to_others(tmp_path: Path) -> None:
    """Made private, closed when it was open, refused when it is a file."""
    home = prepare_home(tmp_path / "a" / "home")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    home.chmod(0o755)
    assert stat.S_IMODE(prepare_home(home).stat().st_mode) == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="is a file"):
        prepare_home(tmp_path / "file")


def test_research_and_text_need_no_project(tmp_path: Path) -> None:
    """A specialist that no project names has one built in; a configured one takes its place."""
    specialists = {
        "web-research": {"model": "openai:x", "search": ["brave"]},
        "completion": {"kind": "scripted"},
    }
    (tmp_path / "api").mkdir()
    tables: dict[str, Any] = {"specialists": specialists, "projects": {"api": {"directory": "api"}}}
    found = settings_of(tables, directory=tmp_path)
    assert found.places == {"research"}
    assert found.projects["research"].specialist == "web-research"
    own = {"lib": {"directory": "api", "specialist": "web-research"}}
    assert settings_of({**tables, "projects": own}, directory=tmp_path).places == frozenset()
