"""HTTP mode: what is not signed by Slack, is too old or too long reaches nobody; a replay counts once."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Mapping
from io import BytesIO

import aiohttp
import pytest

from adapters.chats.slack.calls import MAX_BODY_BYTES
from adapters.chats.slack.chat import SlackChat
from adapters.rehearsal.slack_api import Calls, SlackApi, body_of
from bot.errors import SettingsError
from tests.desks import Desk, listening
from tests.slack_chats import RULES, settings_for, until_taken


@pytest.fixture
async def slack() -> AsyncGenerator[SlackApi]:
    """Its retries come at once."""
    async with SlackApi(RULES) as slack:
        yield slack


class Caller:
    """Anybody who knows the address."""

    def __init__(self, slack: SlackApi, url: str) -> None:
        self._calls = Calls(slack.workspace, slack.delivery, url)
        self._url = url

    async def posts(self, body: str, headers: Mapping[str, str] = {}, *, at: int | None = None) -> int:
        """The status of the answer; signed by Slack unless ``headers`` say otherwise."""
        signed = {"Content-Type": "application/json", **self._calls.signed(body, at), **headers}
        async with aiohttp.ClientSession() as session:
            try:
                async with session.post(self._url, data=BytesIO(body.encode()), headers=signed) as answer:
                    return answer.status
            except aiohttp.ClientError:
                return 0


async def test_what_is_not_signed_by_slack_reaches_nobody(slack: SlackApi) -> None:
    """A body that was changed, another secret, no signature, or one of six minutes ago."""
    ann, desk = slack.person("Ann"), Desk()
    settings = settings_for(slack, called=True)
    assert settings.calls is not None
    caller = Caller(slack, settings.calls.url)
    async with listening(SlackChat(settings), desk.receive):
        ann.writes("hello")
        await until_taken(slack)
        (envelope,) = slack.delivery.envelopes.values()
        _, body = body_of(envelope)
        forged = Calls(slack.workspace, slack.delivery, "").signed("another body")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert await caller.posts(body.replace("hello", "harm"), forged) == 401
        assert await caller.posts("command=/frontdesk&text=stop", {**forged, **form}) == 401
        assert await caller.posts("ssl_check=1&command=/frontdesk&text=stop", {**forged, **form}) == 200
        assert await caller.posts("no JSON", forged) == 400
        assert await caller.posts(body, at=int(time.time()) - 360) == 401
        assert await caller.posts(body, {"X-Slack-Signature": "v0=00"}) == 401
        assert await caller.posts("x" * (MAX_BODY_BYTES + 10)) in (0, 413)
        assert len(desk.got) == 1


async def test_a_replay_has_the_key_of_the_first(slack: SlackApi) -> None:
    """Within five minutes a recorded call is signed as well as the first: the desk knows its key."""
    ann, desk = slack.person("Ann"), Desk()
    settings = settings_for(slack, called=True)
    assert settings.calls is not None
    caller = Caller(slack, settings.calls.url)
    async with listening(SlackChat(settings), desk.receive):
        ann.writes("hello")
        await until_taken(slack)
        (envelope,) = slack.delivery.envelopes.values()
        for _ in range(5):
            assert await caller.posts(json.dumps(envelope.payload)) == 200
    assert len(desk.got) == 6
    assert len({each.key for each in desk.got}) == 1


async def test_without_a_secret_nobody_is_listened_to(slack: SlackApi) -> None:
    """An empty one would make every signature right."""
    with pytest.raises(SettingsError, match="SLACK_SIGNING_SECRET"):
        SlackChat(settings_for(slack, called=True, signing_secret=""))
