"""Channels and what was written in them, page by page."""

from __future__ import annotations

from typing import Any, Final

from adapters.rehearsal.slack_api.asked import Asked
from adapters.rehearsal.slack_api.refusals import Json, Refused
from adapters.rehearsal.slack_api.workspace import Channel, Workspace

MOST: Final = 1_000
"""Messages of one page."""


def open_direct(slack: Workspace, asked: Asked) -> Json:
    (user,) = asked.required("users")
    if "," in user:
        raise Refused("method_not_supported_for_channel_type")
    found = slack.user(user)
    if found.is_bot:
        raise Refused("cannot_dm_bot")
    return {"channel": {"id": slack.direct(user).id}}


def info(slack: Workspace, asked: Asked) -> Json:
    (where,) = asked.required("channel")
    channel = slack.channel(where)
    return {
        "channel": {
            **{"id": channel.id, "name": channel.name, "is_im": channel.kind == "im"},
            **{"is_archived": channel.archived, "is_ext_shared": channel.external},
            "is_member": slack.bot.id in channel.members,
        }
    }


def history(slack: Workspace, asked: Asked) -> Json:
    """Newest first; threads show their first message only."""
    (where,) = asked.required("channel")
    channel = _readable(slack, where)
    return _page(asked, [_with_replies(channel, each) for each in channel.visible()[::-1]])


def _with_replies(channel: Channel, root: Json) -> Json:
    count = len(channel.visible(root["ts"])) - 1
    return {**root, "reply_count": count} if count else root


def replies(slack: Workspace, asked: Asked) -> Json:
    """The first message of the thread, then the answers, oldest first."""
    where, ts = asked.required("channel", "ts")
    channel = _readable(slack, where)
    found = channel.visible(ts)
    if not found:
        raise Refused("thread_not_found")
    return _page(asked, found)


def _readable(slack: Workspace, where: str) -> Channel:
    channel = slack.channel(where)
    if slack.bot.id not in channel.members:
        raise Refused("not_in_channel")
    return channel


def _page(asked: Asked, messages: list[Json]) -> Json:
    oldest, start = asked.text("oldest") or "0", asked.number("cursor", 0)
    latest = float(asked.text("latest") or "inf")  # not itself, unless it is asked for
    within = [each for each in messages if float(oldest) < float(each["ts"]) < latest]
    limit = min(asked.number("limit", 100), MOST)
    page, more = within[start : start + limit], len(within) > start + limit
    cursor = str(start + limit) if more else ""
    shown = [_shown(each, with_metadata=asked.flag("include_all_metadata")) for each in page]
    return {"messages": shown, "has_more": more, "response_metadata": {"next_cursor": cursor}}


def _shown(message: Json, *, with_metadata: bool) -> dict[str, Any]:
    return {name: value for name, value in message.items() if with_metadata or name != "metadata"}
