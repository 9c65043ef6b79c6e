"""Whatever Slack sends of another version, or somebody through it: nothing stops what comes after."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from hypothesis import strategies as st

from adapters.chats.slack.members import Members
from adapters.chats.slack.naming import Me
from adapters.chats.slack.pacing import Rates
from adapters.chats.slack.reading import Reader
from adapters.chats.slack.receiving import Receiving
from adapters.chats.slack.sending import Sending
from adapters.chats.slack.surface import Surface
from adapters.chats.slack.web import Web
from bot.model.conversations import Inbound, Outcome, Receipt
from tests.fuzzing import fuzzes, jsons_with

ME: Final = Me("slack", "T1", "UBOT")
NOBODY: Final = "http://127.0.0.1:9"
"""Where nothing listens: who cannot be looked up is an outsider."""

WRITTEN: Final = {"channel": "C1", "user": "U1", "ts": "1718000000.000100", "text": "<@UBOT> hello"}
PRESSED: Final = {
    "user": {"id": "U1", "team_id": "T1"},
    "container": {"channel_id": "C1", "message_ts": "1718000000.000100"},
    "actions": [{"action_id": "token", "action_ts": "1"}],
}
_EVENTS: Final = ("message", "app_mention", "reaction_added", "agent_session_stopped", "app_home_opened")
_SUBTYPES: Final = (None, "message_changed", "message_deleted", "file_share", "thread_broadcast")


async def _no_content(sha256: str) -> bytes:
    raise AssertionError(f"Nothing is sent here: {sha256}")


async def _heard(body: dict[str, Any]) -> list[Inbound]:
    """What the desk gets of it; an acknowledgement follows in any case."""
    got: list[Inbound] = []

    async def receive(inbound: Inbound) -> Receipt:
        got.append(inbound)
        return Receipt(Outcome.DUPLICATE)

    web = Web("xoxb-1", NOBODY, within_s=1.0)
    sending = Sending(web, Rates(), _no_content, 0.0)
    receiving = Receiving(web, Reader(ME), Members(web, ME.team), sending, Surface(web, ()), receive)
    try:
        assert (await receiving.take(body)).status == 200
    finally:
        await receiving.close()
        await web.close()
    return got


@fuzzes(
    "adapters.chats.slack.reading.Reader.read",
    kind=st.sampled_from(_EVENTS),
    subtype=st.sampled_from(_SUBTYPES),
    content=jsons_with(
        *("channel", "user", "ts", "thread_ts", "text", "files", "message", "previous_message"),
        *("item", "reaction", "channel_type", "bot_id", "user_team", "edited"),
    ),
    whole=st.booleans(),
)
def test_no_event_breaks_the_reader(
    kind: str, subtype: str | None, content: dict[str, Any], whole: bool
) -> None:
    """It is heard as somebody's of a workspace, or passed over."""
    event = {"type": kind, "subtype": subtype, **(WRITTEN if whole else {}), **content}
    got = asyncio.run(_heard({"type": "event_callback", "team_id": "T1", "event": event}))
    assert all("/" in inbound.identity.account for inbound in got)


@fuzzes(
    "adapters.chats.slack.forms",
    metadata=st.text(max_size=40) | st.sampled_from(["{", "[]", "null", '{"token": 1, "key": []}']),
    view=jsons_with("state", "id", "hash", "blocks"),
    pressed=jsons_with("user", "container", "actions", "message", "view"),
)
def test_no_press_or_form_breaks_the_reader(
    metadata: str, view: dict[str, Any], pressed: dict[str, Any]
) -> None:
    """Also with metadata that is not what we gave it."""
    form = {"callback_id": "frontdesk.form", "private_metadata": metadata, **view}
    sent = {"type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1"}, "view": form}
    asyncio.run(_heard(sent))
    asyncio.run(_heard({"type": "block_actions", "team": {"id": "T1"}, **PRESSED, **pressed}))
    at_home = {"container": {"type": "view"}, "view": {"type": "home"}}
    asyncio.run(_heard({"type": "block_actions", "team": {"id": "T1"}, **PRESSED, **pressed, **at_home}))
    chosen = {
        **PRESSED,
        **pressed,
        "callback_id": "frontdesk.compose_about",
        "channel": pressed.get("message"),
    }
    asyncio.run(_heard({"type": "message_action", "team": {"id": "T1"}, **chosen}))
