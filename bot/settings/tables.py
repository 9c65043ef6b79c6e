"""The tables of ``frontdesk.toml``, with their defaults; what is not written here is refused."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from bot.model.kinds import KindOfWork
from bot.model.people import Role
from bot.settings.fields import (
    Account,
    Argument,
    Count,
    Database,
    Directory,
    Dollars,
    File,
    Line,
    Location,
    Model,
    NamedModel,
    Patience,
    Place,
    Port,
    Price,
    ProviderModel,
    QuietHours,
    Seconds,
    SecretName,
    SlashCommand,
    Slug,
    Text,
    Timezone,
    Url,
    Variable,
)

OPENAI_URL: Final = "https://api.openai.com/v1"


class Table(BaseModel):
    """One table of the file; errors never show the value, because it could be a secret in the wrong place."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, protected_namespaces=())


class PermissionMode(StrEnum):
    """Claude Code's own names."""

    PLAN = "plan"  # reads and proposes, changes nothing
    DEFAULT = "default"  # asks a person before each change
    ACCEPT_EDITS = "acceptEdits"  # edits files by itself, asks before the rest
    BYPASS = "bypassPermissions"  # asks nobody


class Trust(StrEnum):
    """What of a repository's own configuration takes effect."""

    NONE = "none"
    INSTRUCTIONS = "instructions"  # CLAUDE.md, as text
    ALL = "all"  # its settings, hooks and MCP servers too: whoever commits there runs programs here


class Sandbox(StrEnum):
    AUTO = "auto"  # the best level whose canary passes
    STRICT = "strict"
    CLAUDE = "claude"
    NONE = "none"  # must be written by hand


class SelfApprove(StrEnum):
    """What people may allow that they asked for themselves."""

    NONE = "none"  # nothing: four eyes, whatever the role
    LOW_RISK = "low-risk"  # calls that read or edit files of the project, and nothing else
    ALL = "all"  # whatever their role may


class Auth(StrEnum):
    """The one credential that reaches the specialist's program."""

    API_KEY = "api-key"
    OAUTH_TOKEN = "oauth-token"  # noqa: S105 - a name, not a token
    LOGIN = "login"  # the operator's own `claude` login and config directory


class HouseSettings(Table):
    home: Location = Path()  # the one directory with all state; filled in when it is not given
    database: Database | None = Field(default=None, repr=False)  # None: a file in home
    timezone: Timezone = "UTC"
    node: Slug | None = None  # this machine's name among several
    retention_days: Count = 90  # of events, files handed over and ended work


class SecretarySettings(Table):
    model: ProviderModel | None = None  # None: a model whose key or server is found, else rules
    fallback_model: ProviderModel | None = None
    base_url: Url | None = None  # of a compatible server
    reports: bool = True  # a long result is told by the model, its own words come as a file
    reports_from_chars: Count = 2_000


class PersonSettings(Table):
    name: Line | None = None
    role: Role = Role.USER
    slack: Account | None = None  # team/user: T01/U024
    telegram: int | None = None  # the numeric id; names can be taken over
    terminal: Account | None = None  # login name on the machine of the house
    accounts: dict[Slug, Account] = {}  # on any other chat, by its name
    notify: Slug | None = None  # the chat where reminders reach this person
    quiet_hours: QuietHours | None = None  # no reminders in between, in their own time zone
    timezone: Timezone | None = None  # None: frontdesk.timezone


class ProjectSettings(Table):
    directory: Directory
    description: Text = ""  # what the secretary reads to choose
    specialist: Slug = "claude-code"
    permission_mode: PermissionMode = PermissionMode.DEFAULT
    allowed_tools: tuple[Argument, ...] | None = None  # Claude Code's syntax; None = inherit, empty = none
    denied_tools: tuple[Argument, ...] = ()
    trust: Trust = Trust.INSTRUCTIONS
    sandbox: Sandbox = Sandbox.AUTO
    env: tuple[Variable, ...] = ()  # names of the variables its specialist may see
    env_file: File | None = None  # NAME=value lines for its specialist
    max_usd_per_dispatch: Dollars = 2.0
    max_turns: Count = 100
    max_output_bytes: Count = 64 * 1024 * 1024
    timeout_s: Seconds = 3600.0
    max_memory_mb: Count = 4096  # of all processes of a run together, as the next three
    max_cpu_s: Seconds = 14_400.0
    max_processes: Count = 500
    max_scratch_mb: Count = 4096  # in its private temporary directory
    max_file_mb: Count = 16_384  # one file
    max_open_files: Count = 65_536  # of one process
    idle_s: Seconds = 600.0  # silence that is worth a word on the card
    model: Model | None = None
    instructions: Text = ""  # standing orders
    roles: dict[Slug, Role] = {}  # a person's role here, instead of the general one
    people: tuple[Slug, ...] | None = None  # who may use it; None: everybody with the right, empty: nobody
    conversations: tuple[Place, ...] | None = None  # where it may be used and named; None: everywhere
    approvers: tuple[Slug, ...] | None = None  # who may allow; None: by role, empty: nobody
    self_approve: SelfApprove = SelfApprove.ALL


class SpecialistSettings(Table):
    kind: Slug | None = None  # the adapter; None: the table's own name
    auth: Auth | None = None  # None: the credential that is there
    program: Location | None = None  # None: the one that comes with the adapter, or PATH
    api_key_file: File | None = None
    base_url: Url | None = None
    script: File | None = None  # kind = "scripted": the play of the rehearsal
    model: NamedModel | None = None  # kind = "web-research" or "completion"
    max_items: Count = 10_000  # kind = "completion", as the next three: of one list
    at_once: Count = 8  # items that are asked about at the same time
    max_tries: Count = 4  # of one item
    answer_s: Seconds = 120.0  # how long one answer may take
    search: tuple[Slug, ...] = ()  # kind = "web-research", as all that follows: engines, in their order
    searxng_url: Url | None = None
    max_searches: Count = 8  # of one run, as the next three
    max_fetches: Count = 20
    max_tokens: Count = 120_000  # in and out together
    max_seconds: Seconds = 240.0  # then an answer is written from what is there


class ModelSettings(Table):
    """One model by the name that people and ``[work.*]`` use for it."""

    model: NamedModel
    usd_per_million_in: Price | None = None  # None: the list price, where there is one
    usd_per_million_out: Price | None = None
    context: Count | None = (
        None  # tokens that fit into one request; None: the provider says so when it is full
    )
    base_url: Url | None = None  # of a compatible server
    role: Text = ""  # said to it before the work


class WorkSettings(Table):
    """Which model does one kind of work."""

    tier: Slug  # a table of [models]


class ChannelSettings(Table):
    project: Slug | None = None  # the default project there


class ChatSettings(Table):
    project: Slug | None = None  # the default project in this chat
    pairing: bool = True  # a stranger who writes in private gets a code that an admin can approve
    topics: bool = True  # work gets a topic of its own where the platform has them and we may open one
    channels: dict[Line, ChannelSettings] = {}
    secret_files: dict[SecretName, File] = {}  # private files with its tokens, by their usual names
    webhook_url: Url | None = None  # where the platform calls us, if it does; None: we ask it
    teams: tuple[Line, ...] = ()  # workspaces of Slack that may install the app; none: it is one's own
    client_id: Line | None = None  # Slack's, of the app that they install
    command: SlashCommand = "/frontdesk"  # Slack's, as the app has it
    listen_host: Line = "127.0.0.1"  # where its calls arrive, behind a proxy
    listen_port: Count = 8080
    journal: Location | None = None  # of the rehearsal's scripted chat: the file that is its platform


class QuestionSettings(Table):
    grace_s: Patience = 120.0  # how long a live run waits for a person before it parks
    remind_after_s: Seconds = 1800.0
    expire_after_s: Seconds = 604_800.0
    open_approvals: Count = 3  # of one dispatch at once; further ones wait


class BudgetSettings(Table):
    person_day_usd: Dollars = 10.0
    total_day_usd: Dollars = 50.0
    total_month_usd: Dollars = 400.0
    baseline_model: ProviderModel | None = None  # what `costs` compares the secretary's requests with
    finish_usd: Dollars = 0.25  # of the one last run that writes up what is there


class ScheduleSettings(Table):
    per_person: Count = 50  # of one person, paused ones included
    least_s: Seconds = 300.0  # between two runs of one schedule
    grace_s: Seconds = 3600.0  # what was due while nobody was there still runs, once, if it is no older


class HealthSettings(Table):
    port: Port | None = None  # of the pages on 127.0.0.1; None: there are none


class TelemetrySettings(Table):
    otlp_endpoint: Url | None = None  # of a collector that takes OTLP/HTTP; None: no traces


class VoiceSettings(Table):
    model: Model | None = None  # that turns voice notes into words; None: they are not listened to
    base_url: Url = OPENAI_URL  # of a server that has OpenAI's /audio/transcriptions
    max_mb: Count = 20  # of one note
    timeout_s: Seconds = 60.0


class LimitSettings(Table):
    runs_at_once: Count = 4
    per_person: Count = 2  # of them
    waiting_per_person: Count = 20  # dispatches in line; what is beyond is refused
    messages_per_minute: Count = 60  # of one person; what is beyond is refused
    dispatches_per_hour: Count = 60  # of one person; what is beyond is refused
    identical_calls: Count = 20  # in a row by one run; then it parks
    keep_results_s: Patience = 300.0  # a result of research or text answers the same request; 0: never


class Tables(Table):
    """The whole file."""

    frontdesk: HouseSettings = HouseSettings()
    secretary: SecretarySettings = SecretarySettings()
    people: dict[Slug, PersonSettings] = {}
    projects: dict[Slug, ProjectSettings] = {}
    specialists: dict[Slug, SpecialistSettings] = {}
    models: dict[Slug, ModelSettings] = {}
    work: dict[KindOfWork, WorkSettings] = {}
    chats: dict[Slug, ChatSettings] = {}
    questions: QuestionSettings = QuestionSettings()
    budgets: BudgetSettings = BudgetSettings()
    schedules: ScheduleSettings = ScheduleSettings()
    health: HealthSettings = HealthSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    voice: VoiceSettings = VoiceSettings()
    limits: LimitSettings = LimitSettings()
