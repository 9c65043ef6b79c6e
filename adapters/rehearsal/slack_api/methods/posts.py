"""What an app writes: messages, their edits, words for one person only, reactions."""

from __future__ import annotations

import re
from typing import Final, cast

from adapters.rehearsal.slack_api.asked import Asked
from adapters.rehearsal.slack_api.blocks import buttons, check_blocks
from adapters.rehearsal.slack_api.refusals import Json, Refused, bad_arguments
from adapters.rehearsal.slack_api.workspace import Channel, Workspace

MAX_TEXT: Final = 40_000
"""Of a new message; the rest is cut off without a word."""
MAX_EDIT: Final = 4_000
_EMOJI: Final = re.compile(r"[a-z0-9_+-]+")


def post_message(slack: Workspace, asked: Asked) -> Json:
    (where,) = asked.required("channel")
    channel = _writable(slack, where)
    content = _content(asked)
    content["text"] = content["text"][:MAX_TEXT]
    if metadata := asked.parsed("metadata"):
        content["metadata"] = _metadata(metadata)
    content["unfurl"] = [asked.values.get("unfurl_links"), asked.values.get("unfurl_media")]
    message = slack.keep(channel, slack.bot, content, asked.text("thread_ts") or None)
    slack.statuses.pop((channel.id, asked.text("thread_ts")), None)
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def update(slack: Workspace, asked: Asked) -> Json:
    where, ts = asked.required("channel", "ts")
    channel = _writable(slack, where)
    message = _message(channel, ts)
    if message["user"] != slack.bot.id or message.get("subtype"):
        raise Refused("cant_update_message")
    content = _content(asked)
    if len(content["text"]) > MAX_EDIT:
        raise Refused("msg_too_long")
    before = tuple(each["text"]["text"] for each in buttons(message.pop("blocks", None) or []))
    if before and not list(buttons(content.get("blocks") or [])):
        slack.gone[ts] = before
    message |= {**content, "edited": {"user": slack.bot.id, "ts": slack.next_ts()}}
    return {"channel": channel.id, "ts": ts, "text": content["text"], "message": message}


def post_ephemeral(slack: Workspace, asked: Asked) -> Json:
    where, user = asked.required("channel", "user")
    channel = _writable(slack, where)
    if user not in channel.members:
        raise Refused("user_not_in_channel")
    ts = slack.next_ts()
    thread = asked.text("thread_ts") or None
    slack.ephemeral.append(
        {"channel": channel.id, "user": user, "thread_ts": thread, "ts": ts, **_content(asked)}
    )
    return {"message_ts": ts}


def add_reaction(slack: Workspace, asked: Asked) -> Json:
    message, name = _reacted(slack, asked)
    if name in (reactions := message.setdefault("reactions", [])):
        raise Refused("already_reacted")
    reactions.append(name)
    return {}


def remove_reaction(slack: Workspace, asked: Asked) -> Json:
    message, name = _reacted(slack, asked)
    if name not in message.get("reactions", []):
        raise Refused("no_reaction")
    message["reactions"].remove(name)
    return {}


def _reacted(slack: Workspace, asked: Asked) -> tuple[Json, str]:
    name, where, ts = asked.required("name", "channel", "timestamp")
    if not _EMOJI.fullmatch(name):
        raise Refused("invalid_name")
    return _message(slack.channel(where), ts), name


def _writable(slack: Workspace, given: str) -> Channel:
    channel = slack.channel(given)
    if channel.archived:
        raise Refused("is_archived")
    if slack.bot.id not in channel.members:
        raise Refused("not_in_channel")
    return channel


def _message(channel: Channel, ts: str) -> Json:
    if ts not in channel.messages:
        raise Refused("message_not_found")
    return channel.messages[ts]


def _content(asked: Asked) -> Json:
    """Words, blocks or both."""
    blocks, text = asked.parsed("blocks"), asked.text("text")
    if not blocks and not text:
        raise Refused("no_text")
    return {"text": text, **({"blocks": check_blocks(blocks)} if blocks else {})}


def _metadata(given: object) -> Json:
    metadata = cast("Json", given) if isinstance(given, dict) else {}
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise bad_arguments(["metadata needs event_type and event_payload"])
    return metadata
