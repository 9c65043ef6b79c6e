"""The configuration as the rooms see it: values checked, people known, secrets hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bot.errors import SettingsError
from bot.model.kinds import KindOfWork
from bot.model.people import Identity, Person, Role
from bot.settings.fields import within
from bot.settings.secrets import MIN_CHARS, Secrets, is_secret_name, passwords_in
from bot.settings.tables import (
    OPENAI_URL,
    Auth,
    BudgetSettings,
    ChatSettings,
    HealthSettings,
    HouseSettings,
    LimitSettings,
    ModelSettings,
    PersonSettings,
    ProjectSettings,
    QuestionSettings,
    ScheduleSettings,
    SecretarySettings,
    SpecialistSettings,
    TelemetrySettings,
    VoiceSettings,
    WorkSettings,
)

TERMINAL: Final = "terminal"
API_KEY: Final = "ANTHROPIC_API_KEY"
OAUTH_TOKEN: Final = "CLAUDE_CODE_OAUTH_TOKEN"  # noqa: S105 - a name, not a token


@dataclass(frozen=True)
class Settings:
    """Frozen; a changed file becomes a new value."""

    house: HouseSettings
    secretary: SecretarySettings
    people: dict[str, PersonSettings]
    projects: dict[str, ProjectSettings]
    specialists: dict[str, SpecialistSettings]
    chats: dict[str, ChatSettings]
    questions: QuestionSettings
    budgets: BudgetSettings
    health: HealthSettings
    telemetry: TelemetrySettings
    limits: LimitSettings
    schedules: ScheduleSettings
    voice: VoiceSettings
    local_account: str  # who runs this process, as the terminal chat knows them
    secrets: Secrets = field(repr=False)
    places: frozenset[str] = frozenset()  # projects that are built in and have no directory of their own
    file: Path | None = None
    origins: Mapping[str, str] = field(
        default_factory=dict[str, str], repr=False
    )  # dotted key: file, or a variable
    warnings: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)  # for a project's ``env``
    models: Mapping[str, ModelSettings] = field(default_factory=dict[str, ModelSettings])
    work: Mapping[KindOfWork, WorkSettings] = field(default_factory=dict[KindOfWork, WorkSettings])

    @property
    def home(self) -> Path:
        """The one directory with all state."""
        return self.house.home

    @property
    def database_url(self) -> str:
        """postgresql://… or sqlite:///<absolute path>; can hold a password."""
        return self.house.database or f"sqlite:///{self.home / 'frontdesk.sqlite3'}"

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.house.timezone)

    @cached_property
    def _accounts(self) -> dict[Identity, str]:
        return {identity: id for id, person in self.people.items() for identity in identities_of(id, person)}

    def person(self, identity: Identity) -> Person | None:
        """Who that account belongs to; None for everybody the operator did not name."""
        id = self._accounts.get(identity)
        return self.person_named(id) if id else None

    def person_named(self, id: str, *, project: str | None = None) -> Person | None:
        """The person with the role that holds in the project."""
        entry = self.people.get(id)
        if entry is None:
            return None
        roles = self.projects[project].roles if project in self.projects else {}
        return Person(id, entry.name or id, roles.get(id, entry.role), entry.notify)

    def accounts_of(self, id: str) -> list[Identity]:
        return identities_of(id, self.people[id])

    def local_person(self) -> Person | None:
        return self.person(Identity(TERMINAL, self.local_account))

    def accounts(self, person: str, chat: str) -> list[str]:
        """Of that person, on that chat."""
        return [
            identity.account
            for identity, id in self._accounts.items()
            if (identity.chat, id) == (chat, person)
        ]

    def is_quiet(self, person: str, at: datetime) -> bool:
        """Whether reminders to that person wait at this moment."""
        entry = self.people.get(person)
        if entry is None or entry.quiet_hours is None:
            return False
        zone = ZoneInfo(entry.timezone) if entry.timezone else self.timezone
        local: time = at.astimezone(zone).time()
        return within(entry.quiet_hours, local)

    def auth_of(self, specialist: str) -> Auth:
        """The credential that its program is given; login when there is no other."""
        entry = self.specialists[specialist]
        if entry.auth:
            return entry.auth
        if entry.api_key_file or API_KEY in self.secrets:
            return Auth.API_KEY
        return Auth.OAUTH_TOKEN if OAUTH_TOKEN in self.secrets else Auth.LOGIN

    def credential_of(self, specialist: str) -> str | None:
        """The one secret that its program is given; None for a login, or when it is missing."""
        match self.auth_of(specialist):
            case Auth.API_KEY:
                return self.secrets.get(key_file_name(specialist)) or self.secrets.get(API_KEY)
            case Auth.OAUTH_TOKEN:
                return self.secrets.get(OAUTH_TOKEN)
            case Auth.LOGIN:
                return None

    def voice_key(self) -> str | None:
        """Its own, else OpenAI's for OpenAI only: a key is not sent to another server."""
        own = self.secrets.get("VOICE_API_KEY")
        return own or (self.secrets.get("OPENAI_API_KEY") if self.voice.base_url == OPENAI_URL else None)

    def project_environment(self, project: str) -> dict[str, str]:
        """The variables that the project's specialist may see, by ``env_file`` and ``env``."""
        entry = self.projects[project]
        from_file = read_env_file(entry.env_file) if entry.env_file else {}
        return from_file | {name: self.environ[name] for name in entry.env if name in self.environ}

    def secret_values(self) -> frozenset[str]:
        """Everything that must never leave in a post or a log."""
        values = set(self.secrets.values()) | passwords_in(self.house.database or "")
        for project in self.projects:
            for name, value in self.project_environment(project).items():
                values |= passwords_in(value)
                if is_secret_name(name) and len(value) >= MIN_CHARS:
                    values.add(value)
        return frozenset(values)

    def hidden_paths(self) -> tuple[Path, ...]:
        """What no specialist may read: the house's home, its configuration, its secret files."""
        files = [entry.api_key_file for entry in self.specialists.values()]
        files += [entry.env_file for entry in self.projects.values()]
        files += [path for chat in self.chats.values() for path in chat.secret_files.values()]
        named = [
            Path(path).expanduser() for name, path in self.environ.items() if _names_secret_file(name, path)
        ]
        return tuple(dict.fromkeys(path for path in (self.home, self.file, *files, *named) if path))


def _names_secret_file(name: str, path: str) -> bool:
    return bool(path) and (
        name == "FRONTDESK_DATABASE_FILE"
        or (is_secret_name(name.removesuffix("_FILE")) and name.endswith("_FILE"))
    )


def key_file_name(specialist: str) -> str:
    """Under which the content of ``api_key_file`` is kept among the secrets."""
    return f"specialists.{specialist}.api_key_file"


def identities_of(id: str, person: PersonSettings) -> list[Identity]:
    accounts = {
        "slack": person.slack,
        "telegram": person.telegram,
        TERMINAL: person.terminal,
    } | person.accounts
    known = [Identity(chat, str(account)) for chat, account in accounts.items() if account is not None]
    return list(dict.fromkeys([Identity(TERMINAL, id), *known]))


def admin_of_this_machine(account: str) -> PersonSettings:
    return PersonSettings(role=Role.ADMIN, terminal=account)


def read_env_file(path: Path) -> dict[str, str]:
    """NAME=value lines; blank lines and # comments are skipped, quotes around a value are removed.

    Raises SettingsError when it is no text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{path}: is not UTF-8 at byte {error.start}"
        ) from None  # it would show the value
    lines = (line.strip().removeprefix("export ") for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, equals, value in pairs if equals}
