"""The Chat port over Slack, and its entry point."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.chats.contact import Contact
from adapters.chats.slack.bolt import bolt
from adapters.chats.slack.calls import Calls, Listen
from adapters.chats.slack.failures import RETRY_S, TOKEN_ERRORS, TOKEN_RETRY_S, code_of, own_errors
from adapters.chats.slack.home import view_of
from adapters.chats.slack.members import Members
from adapters.chats.slack.missed import Missed
from adapters.chats.slack.naming import Me
from adapters.chats.slack.pacing import EDIT_EVERY_S, SLACKS, Rates
from adapters.chats.slack.places import Place, key_of, place_of
from adapters.chats.slack.reading import Reader
from adapters.chats.slack.receiving import Receiving
from adapters.chats.slack.rendering import MAX_CHARS, read, render
from adapters.chats.slack.sending import Content, Sending
from adapters.chats.slack.socket import USUAL, Patience, Socket
from adapters.chats.slack.surface import Surface
from adapters.chats.slack.web import API_URL, WITHIN_S, Web
from adapters.chats.slack.wire import Json
from bot.errors import ChatError, SettingsError
from bot.model.conversations import Address, FileRef, Form
from bot.model.dashboards import Dashboard
from bot.model.health import Connection
from bot.model.posts import Part, Post
from bot.model.signs import Sign
from bot.ports import Abilities, Heard, Receive, Supplies, Topic, nothing_heard
from bot.ports.surfaces import Said

if TYPE_CHECKING:
    from adapters.chats.slack.workspaces import Workspaces
    from bot.settings import Settings

_log = structlog.get_logger("slack")

ABILITIES: Final = Abilities(
    threads=True,
    edit=True,
    buttons=True,
    forms=True,
    files=True,
    lookup=True,  # by the key in a message's metadata
    one_listener=True,
    max_chars=MAX_CHARS,
    edit_every_s=EDIT_EVERY_S,
)

QUIET_S: Final = 60.0
"""Without a pong for longer, nobody is there."""

UNKNOWN_BOT: Final = "Slack does not take the bot's token: put a valid one into SLACK_BOT_TOKEN."
Take = Callable[[Json], Awaitable[BoltResponse]]
_REACTIONS: Final = {"👀": "eyes", "✅": "white_check_mark", "❌": "x", "👍": "+1"}
_CHANNEL: Final = re.compile(r"[CG][A-Z0-9]{2,30}")
_ACCOUNT: Final = re.compile(r"(?P<team>[A-Z0-9]+)/(?P<user>[UW][A-Z0-9]+)")


async def no_content(sha256: str) -> bytes:
    raise ChatError(f"The file {sha256[:8]} cannot be read here.")


@dataclass(frozen=True, slots=True)
class SlackSettings:
    bot_token: str
    app_token: str = ""  # of Socket Mode
    signing_secret: str = ""  # of HTTP mode
    name: str = "slack"
    api_url: str = API_URL
    channels: frozenset[str] = frozenset()  # those that the configuration names
    calls: Listen | None = None  # None: Socket Mode
    rates: Rates = SLACKS
    patience: Patience = USUAL
    within_s: float = WITHIN_S
    retry_s: float = RETRY_S  # after a call whose outcome is unknown


class SlackChat:
    def __init__(
        self,
        settings: SlackSettings,
        content: Content = no_content,
        heard: Callable[[str], Awaitable[Sequence[Heard]]] = nothing_heard,
    ) -> None:
        """Nothing is connected yet."""
        if settings.calls and not settings.signing_secret:
            raise SettingsError("SLACK_SIGNING_SECRET is not set: without it anybody could call for Slack.")
        self._settings = settings
        self._web = Web(settings.bot_token, settings.api_url, settings.within_s)
        self._sending = Sending(self._web, settings.rates, content, settings.retry_s)
        self._surface = Surface(self._web, settings.rates.signs, settings.rates.line())
        self._contact = Contact("slack")
        self._heard = heard
        self._receiving: Receiving | None = None

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def abilities(self) -> Abilities:
        return ABILITIES

    @property
    def connection(self) -> Connection:
        contact = self._contact
        quiet_s = None if self._settings.calls else QUIET_S
        return Connection(contact.since, contact.heard_at, quiet_s, contact.problem)

    async def listen(self, receive: Receive) -> None:
        try:
            await self._listen(receive)
        finally:
            self._contact.ended()

    async def _listen(self, receive: Receive) -> None:
        settings = self._settings
        me = await self._introduced()
        async with self.attending(me, receive) as (take, back):
            app = bolt(lambda _: me, settings.signing_secret, settings.api_url, take)
            await self._connected(app, back)

    @asynccontextmanager
    async def attending(self, me: Me, receive: Receive) -> AsyncGenerator[tuple[Take, Callable[[], None]]]:
        """What to hand each event to, and what to call when somebody is connected again."""
        members = Members(self._web, me.team)
        receiving = Receiving(self._web, Reader(me), members, self._sending, self._surface, receive)
        self._receiving = receiving
        missed = Missed(self._web, me, self._heard, receiving.take, self._contact)
        await missed.begin()
        fetching = asyncio.ensure_future(missed.run())
        try:
            yield receiving.take, missed.back
        finally:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)
            await receiving.close()

    async def _connected(self, app: AsyncApp, back: Callable[[], None]) -> None:
        settings, contact = self._settings, self._contact
        if settings.calls is not None:
            back()
            await Calls(app, contact, settings.calls).run()
        else:
            await Socket(app, settings.app_token, settings.api_url, contact, back, settings.patience).run()

    def parts(self, post: Post) -> tuple[Part, ...]:
        return render(post)

    async def send(self, where: Address, part: Part, key: str, again: bool) -> str:
        return await self._sending.send(place_of(where.key), read(part), key, again=again)

    async def edit(self, where: Address, message_id: str, part: Part) -> None:
        await self._sending.edit(place_of(where.key), message_id, read(part))

    async def direct(self, account: str) -> Address | None:
        """The app may write to every member of its workspace; to nobody else, and to no bot."""
        found = _ACCOUNT.fullmatch(account)
        if found is None:
            return None
        with own_errors("looking for a private channel"):
            me = await self._web.call("auth.test")
            try:
                if found["team"] == me["team_id"]:
                    await self._sending.channel(place := Place(found["user"]))
                    return Address(self.name, key_of(place))
            except SlackApiError as error:
                if code_of(error) not in ("user_not_found", "cannot_dm_bot", "user_disabled"):
                    raise
        return None

    async def reopen(self, where: Address, title: str) -> Address | None:
        """A new thread in the same channel."""
        place = place_of(where.key)
        if place.thread is None:
            return None
        try:
            ts = await self._sending.open_thread(place, title)
        except ChatError as error:
            if error.is_final:
                return None
            raise
        return Address(self.name, key_of(Place(place.channel, ts)))

    async def open_topic(self, where: Address, title: str) -> Topic | None:  # noqa: ARG002
        """The thread of whoever asked is the place already."""
        return None

    async def fetch(self, file: FileRef, max_bytes: int) -> bytes:
        with own_errors(f"fetching {file.name!r}"):
            found = (await self._web.call("files.info", file=file.id))["file"]
            size = int(found.get("size") or file.size)
            url = str(found.get("url_private_download") or found.get("url_private") or "")
            if size > max_bytes or not url:
                raise ChatError(f"{file.name!r} has {size} bytes; the limit is {max_bytes}.")
            kind, content = await self._web.download(url, max_bytes)
        if kind == "text/html" and found.get("mimetype") != "text/html":
            raise ChatError(f"Slack asks to sign in for {file.name!r}: the app needs the scope files:read.")
        if len(content) > max_bytes:
            raise ChatError(f"{file.name!r} has more than {max_bytes} bytes, which is the limit.")
        return content

    async def react(self, where: Address, message_id: str, emoji: str) -> None:
        if (name := _REACTIONS.get(emoji)) is None:
            return
        place = place_of(where.key)
        try:
            channel = await self._sending.channel(place)
            await self._web.call("reactions.add", channel=channel, timestamp=message_id, name=name)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:  # a courtesy
            _log.info("slack.no_reaction", error=str(error))

    async def typing(self, where: Address) -> None:
        await self._surface.think(place_of(where.key))

    async def open_form(self, where: Address, form: Form) -> None:
        """Asked for by a press, which has the trigger: see ``receiving``."""

    async def earlier(self, where: Address, before: str) -> tuple[Said, ...]:
        if self._receiving is None:
            return ()
        with own_errors("reading a thread"):
            return await self._receiving.earlier(place_of(where.key), before)

    async def show_home(self, account: str, home: Dashboard) -> None:
        await self._sending.publish(account.rpartition("/")[2], view_of(home))

    async def show_work(self, where: Address, sign: Sign, title: str) -> None:
        await self._surface.show(place_of(where.key), sign, title)

    async def close(self) -> None:
        await self._web.close()

    async def _introduced(self) -> Me:
        """Who we are; asked until Slack says so."""
        patience = self._settings.patience
        rest_s = patience.retry_s
        while True:
            try:
                me = await self._web.call("auth.test")
                return Me(self.name, me["team_id"], me["user_id"], self._settings.channels)
            except SlackApiError as error:
                refused = code_of(error) in TOKEN_ERRORS
                self._contact.lost(UNKNOWN_BOT if refused else f"Slack cannot be reached ({code_of(error)}).")
                rest_s = TOKEN_RETRY_S if refused else rest_s
            except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
                self._contact.lost(f"Slack cannot be reached ({type(error).__name__}).")
            await asyncio.sleep(rest_s)
            rest_s = min(rest_s * 2, patience.most_s)


def make(settings: Settings, name: str, supplies: Supplies) -> SlackChat | Workspaces:
    """The entry point ``frontdesk.chats``."""
    if settings.chats[name].teams or settings.chats[name].client_id is not None:
        from adapters.chats.slack.workspaces import workspaces

        return workspaces(settings, name, supplies)
    table, secrets = settings.chats[name], settings.secrets
    calls = Listen(table.webhook_url, table.listen_host, table.listen_port) if table.webhook_url else None
    return SlackChat(
        SlackSettings(
            bot_token=secrets.require("SLACK_BOT_TOKEN"),
            app_token="" if calls else secrets.require("SLACK_APP_TOKEN"),
            signing_secret=secrets.require("SLACK_SIGNING_SECRET") if calls else "",
            name=name,
            api_url=settings.environ.get("SLACK_API_URL", "").rstrip("/") or API_URL,
            channels=channels_of(settings, name),
            calls=calls,
        ),
        supplies.content,
        supplies.heard,
    )


def channels_of(settings: Settings, name: str) -> frozenset[str]:
    """Those that the configuration names."""
    return frozenset(_channel(name, key) for key in settings.chats[name].channels)


def _channel(name: str, key: str) -> str:
    if not _CHANNEL.fullmatch(key):
        raise SettingsError(f"chats.{name}.channels.{key}: must be the id of a channel, as in C0123ABC")
    return key
