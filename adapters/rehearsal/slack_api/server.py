"""The rehearsed Slack as a server on loopback, with its people and channels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from adapters.rehearsal.bot_api.record import Record
from adapters.rehearsal.slack_api.calls import Calls
from adapters.rehearsal.slack_api.delivery import EVENT, Delivery, Envelope
from adapters.rehearsal.slack_api.endpoints import application
from adapters.rehearsal.slack_api.faults import Faults
from adapters.rehearsal.slack_api.installs import Installs
from adapters.rehearsal.slack_api.people import Person
from adapters.rehearsal.slack_api.refusals import Json
from adapters.rehearsal.slack_api.socket import Socket
from adapters.rehearsal.slack_api.workspace import Channel, Rules, Shown, User, Workspace

BOT_TOKEN: Final = "xoxb-rehearsal"  # noqa: S105  opens nothing
APP_TOKEN: Final = "xapp-rehearsal"  # noqa: S105  opens nothing
SECRET: Final = "rehearsal-of-a-signing-secret"  # noqa: S105  opens nothing
TEAM: Final = "T01"


class SlackApi:
    """``async with SlackApi() as slack``: speaks until the block ends, for one app in one workspace.

    ``calls``: the address that Slack calls in HTTP mode; without one it waits for a socket. ``record``: a
    file that every event goes to too, so that it outlives any process. ``beside``: another workspace on
    that one's server, with people and channels of its own whose ids may be the same.
    """

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        calls: str = "",
        faults: Faults | None = None,
        record: Path | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        team: str = TEAM,
        beside: SlackApi | None = None,
    ) -> None:
        tokens = BOT_TOKEN, APP_TOKEN, SECRET
        kept = Record(record) if beside is None else beside.record
        self.workspace = Workspace(team, *tokens, rules or Rules(), faults or Faults(), clock, kept)
        self.installs = Installs() if beside is None else beside.installs
        self.installs.workspaces.append(self.workspace)
        self._beside = beside
        self.delivery = Delivery(self.workspace)
        self.socket = Socket(self.delivery)
        self.bot_token, self.app_token, self.secret = tokens
        self._called = calls
        self._port = port
        self._working: list[asyncio.Task[None]] = []
        self.url = ""

    @property
    def api_url(self) -> str:
        """For SLACK_API_URL."""
        return f"{self.url}/api"

    @property
    def record(self) -> Record:
        return self.workspace.record

    @property
    def faults(self) -> Faults:
        return self.workspace.faults

    async def __aenter__(self) -> Self:
        if self._beside is not None:
            self.url = self._beside.url
            self.workspace.url = f"{self.url}/{self.workspace.team}"
            self._start()
            return self
        self._runner = web.AppRunner(
            application(self.workspace, self.socket, self.installs), access_log=None, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        port: int = self._runner.addresses[0][1]
        self.url = self.workspace.url = f"http://127.0.0.1:{port}"
        self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        await asyncio.gather(*self._working, return_exceptions=True)
        await self.socket.close()
        if self._beside is None:
            await self._runner.cleanup()

    def is_called(self, url: str) -> None:
        """HTTP mode from now on, at that address."""
        self._called = url
        self._stop()
        self.delivery.connected.clear()  # until the address has answered the challenge
        self._start()

    def _start(self) -> None:
        if not self._called:
            self._working = [asyncio.create_task(self.delivery.run(self.socket.send))]
            return
        calls = Calls(self.workspace, self.delivery, self._called)
        work = (calls.verify(), self.delivery.run(calls.send))
        self._working = [asyncio.create_task(each) for each in work]

    def _stop(self) -> None:
        for task in self._working:
            task.cancel()

    # The app of several workspaces.

    def is_installed_from(self, redirect_url: str) -> None:
        """No workspace has installed it so far."""
        self.installs.redirect_url = redirect_url
        for each in self.installs.workspaces:
            each.bot_token = ""

    def agrees(self, address: str, person: Person) -> str:
        """Where Slack sends that person back to, after they have agreed at ``address``."""
        return self.installs.agree(address, self.workspace, person.id)

    def uninstalls(self, kind: str = "app_uninstalled") -> Envelope:
        """An admin of the workspace removes the app; its token opens nothing any more."""
        self.workspace.bot_token = ""
        event: Json = {"type": kind}
        if kind == "tokens_revoked":
            event["tokens"] = {"oauth": [], "bot": [self.workspace.bot.id]}
        known: Json = {"type": "event_callback", "team_id": self.workspace.team, "api_app_id": "ADESK"}
        stamp: Json = {"event_id": self.workspace.next_id("Ev"), "event_time": int(self.workspace.clock())}
        return self.delivery.add(EVENT, {**known, **stamp, "event": event})

    # Who is there.

    def person(
        self,
        name: str,
        id: str = "",
        *,
        team: str = "",
        guest: bool = False,
        stranger: bool = False,
        is_bot: bool = False,
    ) -> Person:
        """``guest``: of one channel; ``stranger``: of another organisation."""
        id = id or self.workspace.next_id("U")
        user = User(
            id,
            name,
            team or self.workspace.team,
            is_bot,
            guest,
            guest,
            stranger,
            bot_id=f"B{id[1:]}" if is_bot else "",
        )
        self.workspace.users[id] = user
        return Person(self.workspace, self.delivery, user)

    def channel(self, name: str, *people: Person, external: bool = False, joined: bool = True) -> Channel:
        """``external``: shared with another organisation; ``joined``: the app was invited."""
        members = {person.id for person in people} | ({self.workspace.bot.id} if joined else set[str]())
        channel = Channel(self.workspace.next_id("C"), name, members=members, external=external)
        self.workspace.channels[channel.id] = channel
        return channel

    async def connected(self) -> None:
        """Returns once somebody listens."""
        await self.delivery.connected.wait()

    def shown(self, channel: Channel, thread: str | None = None) -> list[Shown]:
        """What people see there now, oldest first."""
        return self.workspace.shown(channel.id, thread)
