"""One message to Slack: at our pace, in its thread, once, and never silence where words can be sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import PurePath
from typing import Any, Final
from zlib import crc32

import structlog
from slack_sdk.errors import SlackApiError

from adapters.chats.slack.failures import chat_error, is_about_blocks, own_errors
from adapters.chats.slack.pacing import Rates
from adapters.chats.slack.places import Place
from adapters.chats.slack.rendering import MAX_PLAIN, MAX_SUMMARY, Document, Sendable, blocks_of
from adapters.chats.slack.web import Web
from adapters.chats.slack.wire import Json, rows, table
from adapters.chats.slack.words import harmless
from bot.errors import ChatError

_log = structlog.get_logger("slack")

EVENT: Final = "frontdesk_post"
"""The name under which a message carries its key. https://docs.slack.dev/messaging/message-metadata"""
PAGE: Final = 200
MOST_PAGES: Final = 25

Content = Callable[[str], Awaitable[bytes]]
"""The bytes of a file of a post, by its sha256."""


class Sending:
    def __init__(self, web: Web, rates: Rates, content: Content, retry_s: float) -> None:
        self._web = web
        self._rates = rates
        self._line = rates.line()
        self._content = content
        self._retry_s = retry_s
        self._plan = True  # until the workspace refuses one
        self._channels: dict[str, str] = {}  # private channels, by user

    async def send(self, where: Place, message: Sendable, key: str, *, again: bool) -> str:
        """The new message's id; ``again``: the one that an earlier try has left, if there is one."""
        with own_errors("sending", self._retry_s):
            channel = await self.channel(where)
            if again and (found := await self._look_up(channel, where.thread, message, key)):
                return found
            await self._line.wait(channel, self._rates.post)
            if message.document is not None:
                return await self._share(channel, where.thread, message.document, key)
            return await self._post(channel, where.thread, message, key)

    async def edit(self, where: Place, ts: str, message: Sendable) -> None:
        if message.document is not None:
            return  # a file that was shared stays as it is
        with own_errors("editing", self._retry_s):
            channel = await self.channel(where)
            await self._line.wait((channel, ts), self._rates.edit)
            await self._line.wait("edits", self._rates.edits)
            await self._written("chat.update", message, channel=channel, ts=ts)

    async def open_thread(self, where: Place, title: str) -> str:
        """The id of its first message, which says what it is about."""
        with own_errors("opening a thread", self._retry_s):
            await self._line.wait(where.channel, self._rates.post)
            message = Sendable(harmless(title)[:MAX_SUMMARY])
            return await self._post(where.channel, None, message, key="")

    async def publish(self, user: str, view: Json) -> None:
        """Put it in place of what that person's page shows."""
        with own_errors("showing somebody's page", self._retry_s):
            await self._line.wait("views", self._rates.views)
            await self._web.call("views.publish", user_id=user, view=view)

    async def channel(self, where: Place) -> str:
        """Its id in Slack; a private channel is opened if need be."""
        if (user := where.user) is None:
            return where.channel
        if user not in self._channels:
            answer = await self._web.call("conversations.open", users=user)
            self._channels[user] = str(answer["channel"]["id"])
        return self._channels[user]

    # Writing.

    async def _post(self, channel: str, thread: str | None, message: Sendable, key: str) -> str:
        answer = await self._written(
            "chat.postMessage",
            message,
            channel=channel,
            thread_ts=thread,
            metadata={"event_type": EVENT, "event_payload": {"key": key}},
            unfurl_links=False,  # a preview fetches whatever address a model wrote
            unfurl_media=False,
        )
        return str(answer["ts"])

    async def _written(self, method: str, message: Sendable, **where: Any) -> Json:
        """With blocks; as plain words when Slack takes none of them."""
        for blocks in self._variants(message):
            try:
                return await self._web.call(
                    method, text=message.plain[:MAX_SUMMARY], blocks=blocks, link_names=False, **where
                )
            except SlackApiError as error:
                if not is_about_blocks(error):
                    raise
                _log.warning("slack.blocks_refused", method=method, error=str(error))
                self._plan = self._plan and blocks[0]["type"] != "plan"
        words = message.plain
        if method == "chat.update" and len(words) > MAX_PLAIN:
            words = words[: MAX_PLAIN - 2] + " …"
        return await self._web.call(
            method, text=words, blocks=[], parse="none", mrkdwn=False, link_names=False, **where
        )

    def _variants(self, message: Sendable) -> list[list[Json]]:
        plain = blocks_of(message, plan=False)
        return [blocks_of(message, plan=True), plain] if message.tasks and self._plan else [plain]

    async def _share(self, channel: str, thread: str | None, document: Document, key: str) -> str:
        content = (document.text or "").encode()
        if document.sha256:
            content = await self._content(document.sha256)
        if not content:
            raise ChatError(f"The file {document.name!r} is empty, and Slack takes none that is.")
        kind = "diff" if PurePath(document.name).suffix in (".diff", ".patch") else None
        answer = await self._web.upload(
            channel=channel,
            thread_ts=thread,
            filename=_marked(document.name, key),
            title=document.name,
            content=content,
            snippet_type=kind,
        )
        return str(answer["files"][0]["id"])

    # Looking for what may have arrived.

    async def _look_up(self, channel: str, thread: str | None, message: Sendable, key: str) -> str | None:
        """Where Slack does not let us look, a message is doubled rather than lost."""
        try:
            found = await self._find(channel, thread, message, key)
        except SlackApiError as error:
            why = chat_error(error, "looking for an earlier try")
            if why.retry_after_s is not None:
                raise
            _log.warning("slack.not_looked_up", key=key, error=str(why))
            return None
        _log.info("slack.looked_up", key=key, found=found)
        return found

    async def _find(self, channel: str, thread: str | None, message: Sendable, key: str) -> str | None:
        name = _marked(message.document.name, key) if message.document else ""
        cursor = ""
        for _ in range(MOST_PAGES):
            page = await self._page(channel, thread, cursor)
            for found in rows(page.get("messages")):
                if (id := _ours(found, key, name)) is not None:
                    return id
            cursor = str(table(page.get("response_metadata")).get("next_cursor") or "")
            if not cursor:
                break
        return None

    async def _page(self, channel: str, thread: str | None, cursor: str) -> Json:
        asked: Json = {"channel": channel, "limit": PAGE, "cursor": cursor or None}
        asked["include_all_metadata"] = "true"
        if thread is None:
            return await self._web.call("conversations.history", **asked)
        return await self._web.call("conversations.replies", ts=thread, **asked)


def _ours(message: Json, key: str, name: str) -> str | None:
    """The id of the message, or of the file with that name, that an earlier try has left."""
    metadata = table(message.get("metadata"))
    if metadata.get("event_type") == EVENT and table(metadata.get("event_payload")).get("key") == key:
        return str(message["ts"])
    files = rows(message.get("files")) if name else []
    return next((str(file["id"]) for file in files if file.get("name") == name), None)


def _marked(name: str, key: str) -> str:
    """A file has no metadata, so its name carries the key; people read its title."""
    path = PurePath(name.replace("/", "_"))
    return f"{path.stem}.{crc32(key.encode()):08x}{path.suffix}"
