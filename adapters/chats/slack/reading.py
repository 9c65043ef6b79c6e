"""What Slack delivers, as the house's events; who may do what is not decided here.

Ignored: every bot and whatever no person wrote, other workspaces' installations, messages that Slack itself
writes, channels shared with other organisations unless the configuration names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from zlib import crc32

import structlog

from adapters.chats.slack import interactions
from adapters.chats.slack.naming import Me, is_direct
from adapters.chats.slack.wire import Json, rows, table
from adapters.chats.slack.words import mentions, mentions_somebody, own_words
from bot.model.conversations import Deleted, Edited, FileRef, Inbound, Wrote
from bot.model.people import Identity

_log = structlog.get_logger("slack")

EVENTS: Final = ("message", "app_mention", "reaction_added", "agent_session_stopped", "app_home_opened")
"""What the app subscribes to."""
INTERACTIONS: Final = ("block_actions", "view_submission", "message_action", "shortcut", "slash")
"""What else is delivered to it; a slash command has no type of its own."""

_WRITTEN: Final = ("", "file_share", "thread_broadcast")
"""Kinds of message that a person wrote."""


class Reader:
    """Pure."""

    def __init__(self, me: Me) -> None:
        self._me = me

    def read(self, body: Json) -> Inbound | None:
        """The event, or None for what is not ours."""
        match body.get("type"):
            case "event_callback":
                return self._event(body) if self._is_installed_here(body) else None
            case "block_actions" | "view_submission" | "message_action" | "shortcut":
                return interactions.interaction(self._me, body) if _team(body) == self._me.team else None
            case None if "command" in body:
                return interactions.slash(self._me, body) if body.get("team_id") == self._me.team else None
            case _:
                return None

    def key(self, channel: str, ts: str) -> str:
        return self._me.key(channel, ts)

    def is_named(self, channel: str) -> bool:
        """Whether the configuration names that channel."""
        return channel in self._me.shared

    def _is_installed_here(self, body: Json) -> bool:
        """An event of a shared channel names the sender's workspace, and says for whose app it is."""
        for_us = [each.get("team_id") for each in rows(body.get("authorizations"))] or [body.get("team_id")]
        return self._me.team in for_us

    def _event(self, body: Json) -> Inbound | None:
        event = table(body.get("event"))
        shared = bool(body.get("is_ext_shared_channel"))
        if shared and _channel_of(event) not in self._me.shared:
            remedy = f"[chats.{self._me.chat}.channels.{_channel_of(event)}]"
            _log.info("slack.shared_channel", channel=_channel_of(event), remedy=remedy)
            return None
        match event.get("type"), event.get("subtype") or "":
            case (("message" | "app_mention"), subtype) if subtype in _WRITTEN:
                return self._wrote(event, shared=shared)
            case "message", "message_changed":
                return self._changed(event, shared=shared)
            case "message", "message_deleted":
                return self._deleted(event, table(event.get("previous_message")), shared=shared)
            case "reaction_added", _:
                return interactions.reacted(self._me, event, shared=shared)
            case "agent_session_stopped", _:
                return interactions.stopped(self._me, event, shared=shared)
            case "app_home_opened", _:
                return interactions.opened(self._me, event)
            case _:
                return None

    # Messages.

    def _wrote(self, event: Json, *, shared: bool) -> Wrote | None:
        identity = self._author(event, event, shared=shared)
        files = tuple(_files(event))
        text = str(event.get("text") or "")
        if identity is None or not (text or files):
            return None
        direct = is_direct(event)
        opens = direct or event["type"] == "app_mention" or mentions(text, self._me.user)
        goes_on = bool(event.get("thread_ts")) and not mentions_somebody(text)
        return Wrote(
            identity,
            self._me.address(self._me.place(event)),
            self._me.key(str(event["channel"]), str(event["ts"])),
            own_words(text, self._me.user),
            str(event["user"]),
            reply_to=str(event["thread_ts"]) if event.get("thread_ts") else None,
            direct=direct,
            addressed=opens or goes_on,
            opens=opens,
            files=files,
            sent_at=time_of(str(event["ts"])),
        )

    def _changed(self, event: Json, *, shared: bool) -> Inbound | None:
        """Slack changes a message also when it shows what a link leads to; then the words stay."""
        message = table(event.get("message"))
        before = table(event.get("previous_message"))
        if message.get("subtype") == "tombstone":  # deleted, and others had answered to it
            return self._deleted(event, before, shared=shared)
        edited = table(message.get("edited"))
        identity = self._author(message, event, shared=shared)
        if identity is None or not edited or message.get("text") == before.get("text"):
            return None
        of = self._me.key(str(event["channel"]), str(message["ts"]))
        text = own_words(str(message.get("text") or ""), self._me.user)
        where = self._me.address(self._me.place({**event, **message}))
        key = f"{of}:edited:{edited.get('ts')}:{crc32(text.encode('utf-8', 'replace')):08x}"
        return Edited(identity, where, key, of, text, str(message["user"]))

    def _deleted(self, event: Json, before: Json, *, shared: bool) -> Deleted | None:
        identity = self._author(before, event, shared=shared)
        if identity is None:
            return None
        of = self._me.key(str(event["channel"]), str(before["ts"]))
        where = self._me.address(self._me.place({**event, **before}))
        return Deleted(identity, where, f"{of}:deleted", of)

    def _author(self, message: Json, event: Json, *, shared: bool) -> Identity | None:
        """The person who wrote it and answers for it; None: nobody does, or it cannot be told."""
        user = message.get("user")
        by_bot = message.get("bot_id") or message.get("subtype") == "bot_message"
        if not user or user == self._me.user or by_bot:
            return None
        given = message.get("user_team") or message.get("source_team") or message.get("team")
        if not given and shared:
            _log.warning("slack.no_team", user=user, channel=event.get("channel"))
            return None
        return self._me.identity(str(given or self._me.team), str(user))


def _team(body: Json) -> object:
    return table(body.get("team")).get("id")


def _channel_of(event: Json) -> str:
    return str(event.get("channel") or table(event.get("item")).get("channel") or "")


def _files(message: Json) -> Iterator[FileRef]:
    for file in rows(message.get("files")):
        if file.get("id") and file.get("mode") != "tombstone":
            yield FileRef(str(file["id"]), str(file.get("name") or file["id"]), int(file.get("size") or 0))


def time_of(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)
