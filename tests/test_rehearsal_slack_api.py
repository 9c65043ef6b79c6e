"""The rehearsed Slack speaks with the real slack-sdk and slack-bolt, and refuses what Slack refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

from adapters.rehearsal.slack_api import SCOPES, Calls, Fault, Pace, Rules, SlackApi, body_of
from adapters.rehearsal.slack_api.pace import PER_MINUTE, TIERS
from adapters.rehearsal.slack_api.refusals import Refused
from tests.bolts import client_of, refusal, response_of, socket_mode

QUICK: Final = Rules(retry_after_s=(0.0, 0.02, 0.02, 0.02), answer_within_s=0.2)


@pytest.fixture
async def slack() -> AsyncGenerator[SlackApi]:
    """Impatient, so that what is not acknowledged comes again soon."""
    async with SlackApi(QUICK) as slack:
        yield slack


def markdown(text: str) -> dict[str, Any]:
    return {"type": "markdown", "text": text}


def button(label: str, id: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": label}, "action_id": id}


# ── what an app writes ──────────────────────────────────────────────────────────────────────────────────────


async def test_it_posts_edits_and_finds_by_metadata(slack: SlackApi) -> None:
    """A message has a ts, an edit keeps it, and its metadata is shown only to who asks for it."""
    ann = slack.person("Ann")
    team = slack.channel("team", ann)
    root = ann.writes("hello", team)
    client = client_of(slack)
    key = {"event_type": "frontdesk_post", "event_payload": {"key": "k1"}}
    sent = await client("chat.postMessage", channel=team.id, text="first", thread_ts=root, metadata=key)
    await client("chat.update", channel=team.id, ts=sent["ts"], text="changed")
    assert [each.text for each in slack.shown(team, root)] == ["hello", "changed"]
    plain = await client("conversations.replies", channel=team.id, ts=root)
    assert "metadata" not in plain["messages"][1]
    found = await client("conversations.replies", channel=team.id, ts=root, include_all_metadata=True)
    assert found["messages"][1]["metadata"] == key
    assert [each.text for each in slack.shown(team)] == ["hello"]


REFUSED: Final[list[tuple[list[dict[str, Any]], str]]] = [
    ([markdown("x" * 12_001)], "invalid_blocks"),
    ([markdown("x" * 7_000), markdown("x" * 7_000)], "invalid_blocks"),
    (
        [markdown("x" * 12_000), {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 1_500}}],
        "msg_blocks_too_long",
    ),
    ([{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}], "invalid_blocks"),
    ([{"type": "divider"}] * 51, "invalid_blocks"),
    ([{"type": "actions", "elements": [button("x" * 76, "a")]}], "invalid_blocks"),
    ([{"type": "actions", "elements": [button("a", "t"), button("b", "t")]}], "invalid_blocks"),
    ([{"type": "actions", "elements": []}], "invalid_blocks"),
    ([markdown("")], "invalid_blocks"),
    ([{"type": "hologram"}], "invalid_blocks"),
    (
        [{"type": "plan", "title": "d7", "tasks": [{"task_id": "1", "title": "x", "status": "completed"}]}],
        "invalid_blocks",
    ),
]


@pytest.mark.parametrize(("blocks", "code"), REFUSED)
async def test_it_refuses_blocks_beyond_their_limits(
    slack: SlackApi, blocks: list[dict[str, Any]], code: str
) -> None:
    """Complaint row 19: lightdash #19688, bolt-js #2509; the limits are those that Slack was measured at."""
    team = slack.channel("team")
    posting = client_of(slack)("chat.postMessage", channel=team.id, text="x", blocks=blocks)
    assert await refusal(posting) == code


async def test_it_refuses_what_cannot_be_written_to(slack: SlackApi) -> None:
    """A channel that is unknown, archived or without the app; words that are missing or too long to edit."""
    client = client_of(slack)
    closed, elsewhere, team = slack.channel("old"), slack.channel("far", joined=False), slack.channel("team")
    closed.archived = True
    assert await refusal(client("chat.postMessage", channel="C404", text="x")) == "channel_not_found"
    assert await refusal(client("chat.postMessage", channel=closed.id, text="x")) == "is_archived"
    assert await refusal(client("chat.postMessage", channel=elsewhere.id, text="x")) == "not_in_channel"
    assert await refusal(client("chat.postMessage", channel=team.id)) == "no_text"
    assert await refusal(client("chat.update", channel=team.id, ts="1.1", text="x")) == "message_not_found"
    ts = (await client("chat.postMessage", channel=team.id, text="x"))["ts"]
    assert await refusal(client("chat.update", channel=team.id, ts=ts, text="x" * 4_001)) == "msg_too_long"


async def test_tokens_and_scopes_are_asked_for() -> None:
    """As documented: the wrong kind of token, an unknown one, a scope that was not granted."""
    async with SlackApi(Rules(scopes=SCOPES - {"users:read"})) as slack:
        assert await refusal(client_of(slack, "xoxb-other")("auth.test")) == "invalid_auth"
        assert await refusal(client_of(slack, slack.app_token)("auth.test")) == "not_allowed_token_type"
        assert await refusal(client_of(slack)("users.info", user="UDESK")) == "missing_scope"
        assert await refusal(client_of(slack)("agents.nothing")) == "unknown_method"
        granted = (await client_of(slack).web.api_call("auth.test")).headers["x-oauth-scopes"]
        assert set(granted.split(",")) == SCOPES - {"users:read"}


async def test_files_are_asked_for_uploaded_and_shared(slack: SlackApi) -> None:
    """The library's three steps; a download without the token is a page that asks to sign in."""
    ann = slack.person("Ann")
    team = slack.channel("team", ann)
    root = ann.writes("hello", team)
    client = client_of(slack)
    await client.upload(channel=team.id, thread_ts=root, filename="a.diff", content="+1", title="a.diff")
    (file,) = slack.shown(team, root)[-1].files
    assert (file["title"], slack.workspace.contents[file["id"]]) == ("a.diff", b"+1")
    async with aiohttp.ClientSession() as session:
        async with session.get(file["url_private_download"]) as page:
            assert page.content_type == "text/html"
        right = {"Authorization": f"Bearer {slack.bot_token}"}
        async with session.get(file["url_private_download"], headers=right) as page:
            assert await page.read() == b"+1"


async def test_a_form_opens_once_and_soon() -> None:
    """A trigger lives for three seconds and for one form."""
    now = 1_000.0
    async with SlackApi(clock=lambda: now) as slack:
        ann, client = slack.person("Ann"), client_of(slack)
        field = {"type": "plain_text_input", "action_id": "text"}
        asked = {
            "type": "input",
            "block_id": "b",
            "label": {"type": "plain_text", "text": "?"},
            "element": field,
        }
        title = {"type": "plain_text", "text": "Answer q7"}
        view: dict[str, Any] = {"type": "modal", "title": title, "blocks": [asked]}
        trigger = slack.workspace.trigger(ann.id)
        await client("views.open", trigger_id=trigger, view=view)
        assert ann.sees_form()["title"] == title
        assert await refusal(client("views.open", trigger_id=trigger, view=view)) == "exchanged_trigger_id"
        late = slack.workspace.trigger(ann.id)
        now += 3.1
        assert await refusal(client("views.open", trigger_id=late, view=view)) == "expired_trigger_id"
        long: dict[str, Any] = {**view, "title": {"type": "plain_text", "text": "x" * 25}}
        again = slack.workspace.trigger(ann.id)
        assert await refusal(client("views.open", trigger_id=again, view=long)) == "invalid_arguments"


@pytest.mark.parametrize(
    ("fault", "posted"),
    [(Fault.RATE_LIMIT, 0), (Fault.REFUSE, 0), (Fault.LOSE, 0), (Fault.APPLY_THEN_DROP, 1),
     (Fault.SERVER_ERROR, 0), (Fault.BAD_GATEWAY, 0), (Fault.NO_BLOCKS, 0), (Fault.APPLY_THEN_SLOW, 1)],
)  # fmt: skip
async def test_it_breaks_on_request(slack: SlackApi, fault: Fault, posted: int) -> None:
    """Each named fault hits one call; what was applied is there, whatever the caller saw."""
    team = slack.channel("team")
    slack.faults.next_calls(fault)
    call = client_of(slack)("chat.postMessage", channel=team.id, text="x", blocks=[markdown("x")])
    if fault is Fault.APPLY_THEN_SLOW:
        await call
    else:
        with pytest.raises((SlackApiError, aiohttp.ClientError)) as error:
            await call
        if fault is Fault.RATE_LIMIT:
            assert response_of(error.value).headers["Retry-After"] == "1"
    assert len(slack.shown(team)) == posted
    await client_of(slack)("chat.postMessage", channel=team.id, text="x")


async def test_who_writes_too_fast_waits() -> None:
    """A message a second in each channel with a short burst; edits fifty a minute."""
    async with SlackApi(Rules(pace=Pace()), clock=lambda: 1_000.0) as slack:
        team, client = slack.channel("team"), client_of(slack)
        sent = [await client("chat.postMessage", channel=team.id, text="x") for _ in range(4)]
        assert await refusal(client("chat.postMessage", channel=team.id, text="x")) == "ratelimited"
        for _ in range(50):
            await client("chat.update", channel=team.id, ts=sent[0]["ts"], text="x")
        assert (
            await refusal(client("chat.update", channel=team.id, ts=sent[0]["ts"], text="x")) == "ratelimited"
        )


@pytest.mark.parametrize("tier", PER_MINUTE)
def test_each_tier_has_its_own_limit_per_method_and_minute(tier: int) -> None:
    """What is one too many waits for the oldest call to be a minute old; other methods are not held up."""
    pace, (method, *others) = Pace(), [name for name, of in TIERS.items() if of == tier]
    for second in range(PER_MINUTE[tier]):
        pace.check(method, "C1", second / 10)
    with pytest.raises(Refused) as refused:
        pace.check(method, "C2", 30.0)
    assert refused.value.retry_after_s == 30
    for other in others[:1]:
        pace.check(other, "C1", 30.0)
    pace.check(method, "C1", 60.0)


def test_messages_have_a_limit_in_each_channel() -> None:
    """A second channel is not held up by the first."""
    pace = Pace()
    for _ in range(pace.posts[0]):
        pace.check("chat.postMessage", "C1", 0.0)
    with pytest.raises(Refused):
        pace.check("chat.postMessage", "C1", 1.0)
    pace.check("chat.postMessage", "C2", 1.0)
    pace.check("chat.postMessage", "C1", 3.0)


# ── what an app hears ───────────────────────────────────────────────────────────────────────────────────────


class Ears:
    """Keeps what it hears; fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.got: list[dict[str, Any]] = []
        self._failures = failures

    async def __call__(self, body: dict[str, Any]) -> None:
        self.got.append(body)
        if self._failures:
            self._failures -= 1
            raise OSError("not kept")

    @property
    def kinds(self) -> list[str]:
        return [each.get("event", each).get("type", "slash") for each in self.got]


async def test_a_mention_arrives_twice_and_is_acknowledged(slack: SlackApi) -> None:
    """Once as a message and once as a mention, with the same ts and different event ids."""
    ann = slack.person("Ann")
    team, ears = slack.channel("team", ann), Ears()
    async with socket_mode(slack, ears):
        ts = ann.mentions("fix <it> & go", team)
        await slack.record.until(lambda: all(each.acknowledged for each in slack.delivery.envelopes.values()))
    assert ears.kinds == ["message", "app_mention"]
    assert {each["event"]["ts"] for each in ears.got} == {ts}
    assert len({each["event_id"] for each in ears.got}) == 2
    assert ears.got[0]["event"]["text"] == "<@UDESK> fix &lt;it&gt; &amp; go"


async def test_what_nobody_acknowledged_comes_again(slack: SlackApi) -> None:
    """Also to the next connection, after the first one broke."""
    ann, ears = slack.person("Ann"), Ears(failures=2)
    async with socket_mode(slack, ears):
        ann.writes("hello")
        await slack.record.until(lambda: all(each.acknowledged for each in slack.delivery.envelopes.values()))
    assert len(ears.got) == 3
    deaf = Ears(failures=100)
    async with socket_mode(slack, deaf):
        ann.writes("more")
        await slack.record.until(lambda: bool(deaf.got))
    async with socket_mode(slack, ears):
        await slack.record.until(lambda: all(each.acknowledged for each in slack.delivery.envelopes.values()))


async def test_a_connection_can_be_renewed_and_cut(slack: SlackApi) -> None:
    """The library comes back by itself, with a word before or without one."""
    ann, ears = slack.person("Ann"), Ears()
    async with socket_mode(slack, ears):
        for n, end in enumerate((slack.socket.ask_to_leave, slack.socket.cut)):
            if (ending := end()) is not None:
                await ending
            ann.writes(f"message {n}")
            await slack.record.until(lambda n=n: len({each["event"]["ts"] for each in ears.got}) == n + 1)


async def test_presses_forms_and_commands_arrive_as_documented(slack: SlackApi) -> None:
    """With the ids that an app goes by, and a trigger for a form."""
    ann, ears = slack.person("Ann"), Ears()
    root = ann.writes("hello")
    client = client_of(slack)
    buttons = [{"type": "actions", "elements": [button("Yes", "t1")]}]
    async with socket_mode(slack, ears):
        await client("chat.postMessage", channel=ann.private.id, text="?", thread_ts=root, blocks=buttons)
        ann.presses("Yes")
        ann.types("status")
        ann.reacts(root, "x")
        ann.edits(root, "hello there")
        ann.deletes(root)
        await slack.record.until(lambda: len(ears.got) == 6)
    wanted = ["message", "block_actions", "slash", "reaction_added", "message", "message"]
    assert sorted(ears.kinds) == sorted(wanted)
    press = next(each for each in ears.got if each["type"] == "block_actions")
    assert press["actions"][0]["action_id"] == "t1"
    assert press["container"]["thread_ts"] == root
    assert press["trigger_id"] in slack.workspace.triggers


async def test_its_calls_are_signed(slack: SlackApi) -> None:
    """slack-sdk's own check takes the signature, and not the one of another body."""
    ann = slack.person("Ann")
    ann.writes("hello")
    (envelope,) = slack.delivery.envelopes.values()
    _, body = body_of(envelope)
    headers = Calls(slack.workspace, slack.delivery, "").signed(body)
    check = SignatureVerifier(slack.secret)
    assert check.is_valid_request(body, headers)
    assert not check.is_valid_request(body + " ", headers)


async def test_events_without_a_listener_wait_for_one(slack: SlackApi) -> None:
    """Nothing is sent before somebody connects."""
    ann, ears = slack.person("Ann"), Ears()
    ann.writes("early")
    await asyncio.sleep(0)
    async with socket_mode(slack, ears):
        await slack.record.until(lambda: len(ears.got) == 1)
