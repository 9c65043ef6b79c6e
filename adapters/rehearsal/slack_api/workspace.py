"""The rehearsed Slack itself: one workspace with one app, its people, channels and messages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final
from urllib.parse import quote

from adapters.rehearsal.bot_api.record import Record
from adapters.rehearsal.slack_api.blocks import texts
from adapters.rehearsal.slack_api.faults import Faults
from adapters.rehearsal.slack_api.pace import Pace
from adapters.rehearsal.slack_api.refusals import Json, Refused

SCOPES: Final = frozenset(
    {
        *("app_mentions:read", "assistant:write", "chat:write", "commands", "files:read", "files:write"),
        *("channels:history", "channels:read", "groups:history", "groups:read", "im:history", "im:read"),
        *("im:write", "mpim:history", "mpim:read", "reactions:read", "reactions:write", "users:read"),
    }
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs between workspaces, apps and times; the defaults are Slack's own."""

    scopes: frozenset[str] = SCOPES  # granted to the bot
    agent: bool = True  # the workspace knows the agent surface
    declared: bool = True  # the app is declared as an agent
    home: bool = True  # the app has its Home tab turned on
    retry_after_s: tuple[float, ...] = (0.0, 60.0, 300.0)  # an event that was not acknowledged comes again
    answer_within_s: float = 3.0
    trigger_lives_s: float = 3.0
    pace: Pace | None = None  # None: no limit of speed


@dataclass(slots=True)
class User:
    id: str
    name: str
    team: str
    is_bot: bool = False
    is_restricted: bool = False  # a guest
    is_ultra_restricted: bool = False  # a guest of one channel
    is_stranger: bool = False  # of another organisation
    bot_id: str = ""

    def wire(self) -> Json:
        profile: Json = {"real_name": self.name, "display_name": self.name}
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.name.lower().replace(" ", "."),
            "real_name": self.name,
            "deleted": False,
            "is_bot": self.is_bot,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_stranger": self.is_stranger,
            "profile": profile,
        }


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as people see it."""

    ts: str
    user: str
    text: str  # of the blocks if it has any, as Slack shows them
    thread: str | None
    blocks: tuple[Json, ...]
    files: tuple[Json, ...]
    payload: Json


@dataclass(frozen=True, slots=True)
class Press:
    """Of a button."""

    ts: str
    user: str
    message: str  # the ts of the one it stood under
    label: str  # empty: it was not there any more


@dataclass
class Channel:
    id: str
    name: str = ""
    kind: str = "channel"  # channel | group | im
    members: set[str] = field(default_factory=set[str])
    archived: bool = False
    external: bool = False  # shared with another organisation
    messages: dict[str, Json] = field(default_factory=dict[str, Json])

    def visible(self, thread: str | None = None) -> list[Json]:
        """A thread with its root, or all that is not inside a thread."""
        every = self.messages.values()
        if thread is None:
            return [each for each in every if each.get("thread_ts", each["ts"]) == each["ts"]]
        return [each for each in every if thread in (each["ts"], each.get("thread_ts"))]


@dataclass
class Workspace:
    """State, and the few changes that both people and the app can cause."""

    team: str
    bot_token: str
    app_token: str
    secret: str
    rules: Rules
    faults: Faults
    clock: Callable[[], float] = time.time
    record: Record = field(default_factory=Record)
    users: dict[str, User] = field(default_factory=dict[str, User])
    channels: dict[str, Channel] = field(default_factory=dict[str, Channel])
    files: dict[str, Json] = field(default_factory=dict[str, Json])
    contents: dict[str, bytes] = field(default_factory=dict[str, bytes])  # of files, by id
    views: dict[str, Json] = field(default_factory=dict[str, Json])  # open forms, by id
    homes: dict[str, Json] = field(default_factory=dict[str, Json])  # by user
    triggers: dict[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])
    ephemeral: list[Json] = field(default_factory=list[Json])
    presses: list[Press] = field(default_factory=list[Press])
    gone: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The last buttons of messages that have none any more, by ts."""
    away: list[tuple[str, str]] = field(
        default_factory=list[tuple[str, str]]
    )  # no connection, from and until
    statuses: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    prompts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # by private channel
    titles: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    sessions: dict[tuple[str, str], tuple[str, str]] = field(
        default_factory=dict[tuple[str, str], tuple[str, str]]
    )  # status and title, by channel and thread
    url: str = ""
    _numbers: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.bot = User("UDESK", "Frontdesk", self.team, is_bot=True, bot_id="BDESK")
        self.users[self.bot.id] = self.bot

    def next_id(self, kind: str) -> str:
        return f"{kind}{next(self._numbers):05d}"

    def next_ts(self) -> str:
        return f"{int(self.clock())}.{next(self._numbers):06d}"

    def trigger(self, user: str) -> str:
        """A form may be opened with it, once and soon."""
        id = f"{next(self._numbers)}.trigger"
        self.triggers[id] = (self.clock(), user)
        return id

    def direct(self, user: str) -> Channel:
        """The private channel of that user and the app."""
        id = f"D{user[1:]}"
        members = {user, self.bot.id}
        return self.channels.setdefault(id, Channel(id, kind="im", members=members))

    def channel(self, given: str) -> Channel:
        """One that the app may see."""
        found = self.channels.get(given)
        if found is None or (found.kind != "channel" and self.bot.id not in found.members):
            raise Refused("channel_not_found")
        return found

    def user(self, given: str) -> User:
        if given not in self.users:
            raise Refused("user_not_found")
        return self.users[given]

    def keep(self, channel: Channel, user: User, content: Json, thread: str | None = None) -> Json:
        """A new message in ``channel``."""
        ts = self.next_ts()
        message: Json = {"type": "message", "user": user.id, "team": user.team, "ts": ts, **content}
        if user.bot_id:
            message |= {"bot_id": user.bot_id, "app_id": "ADESK" if user is self.bot else "AOTHER"}
        if thread is not None:
            root = channel.messages.get(thread)
            message |= {"thread_ts": thread, "parent_user_id": root["user"] if root else "USLACKBOT"}
            if root is not None:
                root["thread_ts"] = thread
        channel.messages[ts] = message
        return message

    def store(self, name: str, content: bytes, user: User, mimetype: str = "text/plain") -> Json:
        id = self.next_id("F")
        self.contents[id] = content
        url = f"{self.url}/files-pri/{id}/{quote(name, safe='')}"
        file: Json = {
            **{"id": id, "name": name, "title": name, "size": len(content), "user": user.id},
            **{"mimetype": mimetype, "url_private": url, "url_private_download": url},
        }
        self.files[id] = file
        return file

    def shown(self, channel: str, thread: str | None = None) -> list[Shown]:
        return [shown(each) for each in self.channels[channel].visible(thread)]


def shown(message: Json) -> Shown:
    blocks: list[Json] = message.get("blocks") or []
    words = "\n".join(texts(blocks)) if blocks else message.get("text", "")
    files = tuple(message.get("files") or ())
    return Shown(
        message["ts"], message["user"], words, message.get("thread_ts"), tuple(blocks), files, message
    )
