"""The Chat port over several workspaces: a chat of each one's own, with its own token, behind one address.

A place is told apart by its team (``Address.account``), a file by a team before its id. A workspace that was
installed is heard at once, and one that lets the app go is forgotten with its token.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import structlog
from slack_bolt.response import BoltResponse

from adapters.chats.contact import Contact
from adapters.chats.slack.bolt import bolt
from adapters.chats.slack.calls import Calls, Listen
from adapters.chats.slack.chat import ABILITIES, SlackChat, SlackSettings, Take, channels_of
from adapters.chats.slack.failures import RETRY_S
from adapters.chats.slack.installing import Granted, Pages, beside
from adapters.chats.slack.manifest import LEAVES
from adapters.chats.slack.naming import Me
from adapters.chats.slack.rendering import render
from adapters.chats.slack.sealing import KEY, Seal
from adapters.chats.slack.sending import Content
from adapters.chats.slack.web import API_URL, Web
from adapters.chats.slack.wire import Json, rows, table
from bot.errors import ChatError, FrontdeskError, SettingsError
from bot.model.conversations import Address, FileRef, Form, Inbound, Receipt, Summoned, Wrote
from bot.model.dashboards import Dashboard
from bot.model.health import Connection
from bot.model.installations import Installation
from bot.model.posts import Part, Post
from bot.model.signs import Sign
from bot.ports import Abilities, Heard, Installations, Receive, Supplies, Topic
from bot.ports.surfaces import Said

if TYPE_CHECKING:
    from bot.settings import Settings

_log = structlog.get_logger("slack")

_TEAM: Final = re.compile(r"T[A-Z0-9]{1,30}")


@dataclass(frozen=True, slots=True)
class App:
    """What only an app has that several workspaces install."""

    client_id: str
    client_secret: str = field(repr=False)
    teams: frozenset[str]
    seal: Seal


@dataclass(frozen=True, slots=True)
class _Here:
    """A workspace that is heard."""

    me: Me
    take: Take
    stack: AsyncExitStack


class Workspaces:
    def __init__(
        self,
        settings: SlackSettings,
        app: App,
        kept: Installations,
        content: Content,
        heard: Callable[[str], Awaitable[Sequence[Heard]]],
    ) -> None:
        """Nothing is connected yet."""
        if settings.calls is None or not settings.signing_secret:
            raise SettingsError("Several workspaces need a webhook_url and SLACK_SIGNING_SECRET.")
        self._settings = settings
        self._listen_at = settings.calls
        self._app = app
        self._kept = kept
        self._content = content
        self._heard = heard
        self._contact = Contact("slack")
        self._chats: dict[str, tuple[str, SlackChat]] = {}  # with the cipher text of its token, by team
        self._here: dict[str, _Here] = {}
        self._receive: Receive | None = None

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def abilities(self) -> Abilities:
        return ABILITIES

    @property
    def connection(self) -> Connection:
        contact = self._contact
        return Connection(contact.since, contact.heard_at, None, contact.problem)

    # Listening.

    async def listen(self, receive: Receive) -> None:
        self._receive = receive
        settings, app = self._settings, self._app
        pages = Pages(
            app.client_id,
            app.client_secret,
            app.teams,
            self._listen_at.url,
            lambda token: Web(token, settings.api_url, settings.within_s),
            self._installed,
        )
        try:
            for row in await self._kept.every(self.name):
                await self._begin(row)
            heard = bolt(self._who, settings.signing_secret, settings.api_url, self._take)
            await Calls(heard, self._contact, self._listen_at, pages.routes()).run()
        finally:
            self._contact.ended()
            for team in tuple(self._here):
                await self._leave(team)

    async def _begin(self, row: Installation) -> None:
        """Sealed with the newest key, and heard; one that cannot be opened keeps no other from it."""
        try:
            if (renewed := self._app.seal.renewed(row.team, row.sealed)) is not None:
                await self._kept.reseal(row, renewed)
            await self._hear(row.team, row.bot)
        except ChatError as error:
            _log.warning("slack.workspace_not_heard", team=row.team, error=str(error))

    async def _hear(self, team: str, bot: str) -> None:
        await self._leave(team)
        chat = await self._chat(team)
        me = Me(self.name, team, bot, self._settings.channels)
        async with AsyncExitStack() as stack:
            take, back = await stack.enter_async_context(chat.attending(me, self._receive_for(team)))
            self._here[team] = _Here(me, take, stack.pop_all())
        back()

    async def _leave(self, team: str) -> None:
        if (here := self._here.pop(team, None)) is not None:
            await here.stack.aclose()

    async def _installed(self, granted: Granted) -> None:
        """Kept, and heard from now on; who may work with it there is another matter."""
        team = granted.team
        sealed = self._app.seal.close(team, granted.token)
        id, by = f"{self.name}:{team}", f"{team}/{granted.user}"
        now = datetime.now(UTC)
        await self._kept.keep(Installation(id, self.name, team, granted.name, granted.bot, sealed, by, now))
        await self._hear(team, granted.bot)

    def _who(self, team: str | None) -> Me | None:
        here = self._here.get(team or "")
        return here.me if here else None

    async def _take(self, body: Json) -> BoltResponse:
        """What no installed workspace is the sender of is acknowledged, and nothing else."""
        here = self._here.get(team := _team(body))
        if here is None:
            _log.info("slack.not_installed_there", team=team)
            return BoltResponse(status=200)
        if table(body.get("event")).get("type") in LEAVES:
            await self._gone(team, body)
            return BoltResponse(status=200)
        return await here.take(body)

    async def _gone(self, team: str, body: Json) -> None:
        """Unless it is about an installation before this one, or about people's own tokens."""
        event = table(body.get("event"))
        if event["type"] == "tokens_revoked" and not table(event.get("tokens")).get("bot"):
            return
        row = await self._kept.get(self.name, team)
        if row is None or int(body.get("event_time") or 0) < int(row.installed_at.timestamp()):
            return
        await self._kept.remove(row)
        await self._leave(team)
        await self._forget(team)
        _log.info("slack.uninstalled", team=team)

    def _receive_for(self, team: str) -> Receive:
        async def receive(inbound: Inbound) -> Receipt:
            assert self._receive is not None  # noqa: S101  nothing is heard before
            return await self._receive(_of_team(inbound, team))

        return receive

    # One workspace's chat.

    async def _chat(self, team: str) -> SlackChat:
        """With the token as it is kept now: another process may have taken it back, or a newer one."""
        try:
            row = await self._kept.get(self.name, team)
        except FrontdeskError as error:
            raise ChatError(str(error), retry_after_s=RETRY_S) from error
        if row is None or team not in self._app.teams:
            await self._forget(team)
            where = beside(self._listen_at.url, "install")
            raise ChatError(
                f"Slack: the app is not installed in {team or 'that workspace'}; {where} installs it.",
                forbidden=True,
            )
        sealed, chat = self._chats.get(team, ("", None))
        if chat is None or sealed != row.sealed:
            token = self._app.seal.open(team, row.sealed)
            await self._forget(team)
            own = replace(self._settings, bot_token=token, signing_secret="", calls=None)
            chat = SlackChat(own, self._content, self._heard_in(team))
            self._chats[team] = row.sealed, chat
        return chat

    async def _forget(self, team: str) -> None:
        if (known := self._chats.pop(team, None)) is not None:
            await known[1].close()

    def _heard_in(self, team: str) -> Callable[[str], Awaitable[Sequence[Heard]]]:
        async def heard(chat: str) -> list[Heard]:
            return [each for each in await self._heard(chat) if each.account == team]

        return heard

    # The rest of the port.

    def parts(self, post: Post) -> tuple[Part, ...]:
        return render(post)

    async def send(self, where: Address, part: Part, key: str, again: bool) -> str:
        return await (await self._chat(where.account)).send(where, part, key, again)

    async def edit(self, where: Address, message_id: str, part: Part) -> None:
        await (await self._chat(where.account)).edit(where, message_id, part)

    async def direct(self, account: str) -> Address | None:
        team = account.partition("/")[0]
        if await self._kept.get(self.name, team) is None:
            return None
        return _in_team(await (await self._chat(team)).direct(account), team)

    async def reopen(self, where: Address, title: str) -> Address | None:
        return _in_team(await (await self._chat(where.account)).reopen(where, title), where.account)

    async def open_topic(self, where: Address, title: str) -> Topic | None:  # noqa: ARG002
        """The thread of whoever asked is the place already."""
        return None

    async def fetch(self, file: FileRef, max_bytes: int) -> bytes:
        team, _, id = file.id.partition(":")
        return await (await self._chat(team)).fetch(replace(file, id=id), max_bytes)

    async def react(self, where: Address, message_id: str, emoji: str) -> None:
        async with _courtesy():
            await (await self._chat(where.account)).react(where, message_id, emoji)

    async def typing(self, where: Address) -> None:
        async with _courtesy():
            await (await self._chat(where.account)).typing(where)

    async def open_form(self, where: Address, form: Form) -> None:
        """Asked for by a press, which has the trigger: see ``receiving``."""

    async def earlier(self, where: Address, before: str) -> tuple[Said, ...]:
        return await (await self._chat(where.account)).earlier(where, before)

    async def show_home(self, account: str, home: Dashboard) -> None:
        await (await self._chat(account.partition("/")[0])).show_home(account, home)

    async def show_work(self, where: Address, sign: Sign, title: str) -> None:
        async with _courtesy():
            await (await self._chat(where.account)).show_work(where, sign, title)

    async def close(self) -> None:
        for team in tuple(self._chats):
            await self._forget(team)


def _team(body: Json) -> str:
    """For whose installation it is; an event of a shared channel may come from another workspace."""
    given = [each.get("team_id") for each in rows(body.get("authorizations"))]
    return str((given or [table(body.get("team")).get("id") or body.get("team_id")])[0] or "")


def _in_team(where: Address | None, team: str) -> Address | None:
    return replace(where, account=team) if where else None


def _of_team(inbound: Inbound, team: str) -> Inbound:
    inbound = replace(inbound, where=replace(inbound.where, account=team))
    if isinstance(inbound, Summoned):
        return replace(inbound, about=_in_team(inbound.about, team))
    if isinstance(inbound, Wrote) and inbound.files:
        return replace(inbound, files=tuple(replace(each, id=f"{team}:{each.id}") for each in inbound.files))
    return inbound


@asynccontextmanager
async def _courtesy() -> AsyncGenerator[None]:
    """What cannot be shown in a workspace that has let the app go."""
    try:
        yield
    except ChatError as error:
        _log.info("slack.no_sign", error=str(error))


def workspaces(settings: Settings, name: str, supplies: Supplies) -> Workspaces:
    """Of the configuration; raises SettingsError for what is missing in it."""
    table, secrets = settings.chats[name], settings.secrets
    if table.webhook_url is None or not table.teams or table.client_id is None:
        raise SettingsError(
            f"chats.{name}: an app that workspaces install needs webhook_url, teams and client_id, all three"
        )
    if wrong := [team for team in table.teams if not _TEAM.fullmatch(team)]:
        raise SettingsError(f"chats.{name}.teams: {wrong[0]!r} is no workspace's id, as in T0123ABC")
    if supplies.installations is None:
        raise SettingsError(f"chats.{name}: this house keeps no installations")
    return Workspaces(
        SlackSettings(
            bot_token="",
            signing_secret=secrets.require("SLACK_SIGNING_SECRET"),
            name=name,
            api_url=settings.environ.get("SLACK_API_URL", "").rstrip("/") or API_URL,
            channels=channels_of(settings, name),
            calls=Listen(table.webhook_url, table.listen_host, table.listen_port),
        ),
        App(
            table.client_id,
            secrets.require("SLACK_CLIENT_SECRET"),
            frozenset(table.teams),
            Seal(secrets.require(KEY)),
        ),
        supplies.installations,
        supplies.content,
        supplies.heard,
    )
