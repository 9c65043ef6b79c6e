"""People, and what they can do in Slack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from adapters.rehearsal.phones import Impossible
from adapters.rehearsal.slack_api.blocks import buttons, texts
from adapters.rehearsal.slack_api.delivery import EVENT, INTERACTIVE, SLASH, Delivery, Envelope
from adapters.rehearsal.slack_api.refusals import Json
from adapters.rehearsal.slack_api.workspace import Channel, Press, Shown, User, Workspace

_TYPES: Final = {"im": "im", "channel": "channel", "group": "group"}


@dataclass(frozen=True, slots=True)
class Person:
    """Writes in the private channel with the app unless ``channel`` says where."""

    slack: Workspace
    delivery: Delivery
    user: User

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def account(self) -> str:
        """As ``[people.x] slack`` names it."""
        return f"{self.user.team}/{self.user.id}"

    @property
    def private(self) -> Channel:
        return self.slack.direct(self.id)

    # Writing.

    def writes(
        self, text: str, channel: Channel | None = None, thread: str | None = None, **more: Any
    ) -> str:
        """A message's ts. ``more`` are further fields of the message, as they are."""
        where = self._inside(channel)
        message = self.slack.keep(where, self.user, {"text": escaped(text), **more}, thread)
        self._tell(where, {**message, "channel": where.id, "channel_type": _TYPES[where.kind]})
        return message["ts"]

    def mentions(self, text: str, channel: Channel, thread: str | None = None, **more: Any) -> str:
        """The app hears of it twice: as a message, and as a mention."""
        where = self._inside(channel)
        said: Json = {"text": f"<@{self.slack.bot.id}> {escaped(text)}", **more}
        message = self.slack.keep(where, self.user, said, thread)
        self._tell(where, {**message, "channel": where.id, "channel_type": _TYPES[where.kind]})
        if where.kind != "im":
            self._tell(where, {**message, "channel": where.id, "type": "app_mention"})
        return message["ts"]

    def tells(self, user: str, text: str, channel: Channel, thread: str | None = None) -> str:
        """Words to somebody else."""
        where = self._inside(channel)
        message = self.slack.keep(where, self.user, {"text": f"<@{user}> {escaped(text)}"}, thread)
        self._tell(where, {**message, "channel": where.id, "channel_type": _TYPES[where.kind]})
        return message["ts"]

    def shares(
        self,
        name: str,
        content: bytes,
        text: str = "",
        channel: Channel | None = None,
        thread: str | None = None,
        mimetype: str = "text/plain",
    ) -> str:
        """A file, with or without words."""
        file = self.slack.store(name, content, self.user, mimetype)
        return self.writes(text, channel, thread, subtype="file_share", files=[file], upload=False)

    def edits(self, ts: str, text: str, channel: Channel | None = None) -> None:
        where = self._inside(channel)
        before = dict(where.messages[ts])
        if before["user"] != self.id:
            raise Impossible("People edit their own messages only.")
        stamp: Json = {"user": self.id, "ts": self.slack.next_ts()}
        where.messages[ts] |= {"text": escaped(text), "edited": stamp}
        after = dict(where.messages[ts])
        self._changed(where, "message_changed", message=after, previous_message=before)

    def unfurls(self, ts: str, channel: Channel | None = None) -> None:
        """Slack shows what a link leads to: the message changes, its words do not."""
        where = self._inside(channel)
        message = dict(where.messages[ts])
        self._changed(
            where,
            "message_changed",
            message={**message, "attachments": [{"id": 1}]},
            previous_message=message,
        )

    def deletes(self, ts: str, channel: Channel | None = None) -> None:
        where = self._inside(channel)
        before = where.messages.pop(ts)
        self._changed(where, "message_deleted", deleted_ts=ts, previous_message=before)

    def reacts(self, ts: str, name: str, channel: Channel | None = None) -> None:
        where = self._inside(channel)
        item: Json = {"type": "message", "channel": where.id, "ts": ts}
        written_by = where.messages[ts]["user"]
        event: Json = {"type": "reaction_added", "user": self.id, "reaction": name, "item": item}
        self._tell(where, {**event, "item_user": written_by, "event_ts": self.slack.next_ts()})

    def opens_home(self, tab: str = "home") -> None:
        event: Json = {"type": "app_home_opened", "user": self.id, "channel": self.private.id, "tab": tab}
        view = {"view": self.slack.homes[self.id]} if tab == "home" and self.id in self.slack.homes else {}
        self._tell(self.private, {**event, **view, "event_ts": self.slack.next_ts()})

    def stops(self, channel: Channel, thread: str) -> None:
        """The stop button that Slack shows while an agent works."""
        event: Json = {
            "type": "agent_session_stopped",
            "user": self.id,
            "channel": channel.id,
            "thread_ts": thread,
        }
        self._tell(channel, {**event, "event_ts": self.slack.next_ts()})

    # Answering the app.

    def presses(self, label: str, channel: Channel | None = None, ts: str | None = None) -> Envelope:
        """The newest button that reads ``label``, as it is on the screen now."""
        where = self._inside(channel)
        for message in reversed(where.messages.values()):
            blocks: list[Json] = message.get("blocks") or []
            for button in buttons(blocks) if ts in (None, message["ts"]) else ():
                if button["text"]["text"] == label:
                    return self.presses_token(button["action_id"], where, message)
        raise Impossible(f"No message has a button {label!r}.")

    def presses_token(self, action_id: str, where: Channel, message: Json) -> Envelope:
        """Also a button that is not on the screen any more."""
        stamp = self.slack.next_ts()
        there = {each["action_id"]: each["text"]["text"] for each in buttons(message.get("blocks") or [])}
        self.slack.presses.append(Press(stamp, self.id, message["ts"], there.get(action_id, "")))
        thread = {"thread_ts": message["thread_ts"]} if "thread_ts" in message else {}
        container: Json = {"type": "message", "message_ts": message["ts"], "channel_id": where.id, **thread}
        action: Json = {"type": "button", "action_id": action_id, "action_ts": stamp, "value": action_id}
        pressed: Json = {"container": container, "message": message, "actions": [action]}
        return self._interacts("block_actions", channel={"id": where.id}, **pressed)

    def presses_at_home(self, label: str) -> Envelope:
        """The first button of their page that reads ``label``."""
        view = self.slack.homes.get(self.id, {"blocks": []})
        for button in buttons(view["blocks"]):
            if button["text"]["text"] == label:
                return self.presses_token_at_home(button["action_id"], view)
        raise Impossible(f"The page has no button {label!r}.")

    def presses_token_at_home(self, action_id: str, view: Json) -> Envelope:
        """There is no message and no channel. https://docs.slack.dev/reference/interaction-payloads"""
        stamp = self.slack.next_ts()
        action: Json = {"type": "button", "action_id": action_id, "action_ts": stamp, "value": action_id}
        container: Json = {"type": "view", "view_id": view.get("id", "V0")}
        return self._interacts("block_actions", container=container, view=view, actions=[action])

    def uses_shortcut(self, callback_id: str, ts: str, channel: Channel) -> Envelope:
        """On somebody's message."""
        message = self._inside(channel).messages[ts]
        chosen: Json = {"callback_id": callback_id, "message": message, "message_ts": ts}
        stamp = self.slack.next_ts()
        return self._interacts("message_action", channel={"id": channel.id}, action_ts=stamp, **chosen)

    def starts(self, callback_id: str) -> Envelope:
        """The global shortcut, which is in no channel."""
        return self._interacts("shortcut", callback_id=callback_id, action_ts=self.slack.next_ts())

    def sees_form(self) -> Json:
        """The newest form on the screen."""
        mine = [view for view in self.slack.views.values() if view["user"] == self.id]
        if not mine:
            raise Impossible("No form is on the screen.")
        return mine[-1]

    def submits(self, text: str, view: Json | None = None, **chosen: str) -> Envelope:
        """Fills in the form's field of words; of the others what is ``chosen``, or what stands there."""
        view = view or self.sees_form()
        self.slack.views.pop(view["id"], None)
        values: Json = {}
        for block in (each for each in view["blocks"] if each["type"] == "input"):
            element: Json = block["element"]
            field: Json = {"type": "plain_text_input", "value": text}
            if element["type"] == "static_select":
                value = chosen.get(block["block_id"])
                options = (each for each in element["options"] if each["value"] == value)
                field = {"type": "static_select", "selected_option": element.get("initial_option")}
                field |= {"selected_option": next(options)} if value else {}
            values[block["block_id"]] = {element["action_id"]: field}
        return self._interacts("view_submission", view={**view, "state": {"values": values}})

    def types(self, text: str, channel: Channel | None = None, command: str = "/frontdesk") -> Envelope:
        """A slash command; Slack does not know them inside threads."""
        where = self._inside(channel)
        who: Json = {"user_id": self.id, "user_name": self.user.name.lower(), "team_id": self.user.team}
        said: Json = {"command": command, "text": text, "channel_id": where.id, "channel_name": where.name}
        trigger = self.slack.trigger(self.id)
        return self.delivery.add(SLASH, {**who, **said, "trigger_id": trigger, "api_app_id": "ADESK"})

    def _interacts(self, kind: str, **content: Any) -> Envelope:
        user: Json = {"id": self.id, "name": self.user.name.lower(), "team_id": self.user.team}
        team: Json = {"id": self.slack.team, "domain": "rehearsal"}
        known: Json = {"type": kind, "user": user, "team": team, "api_app_id": "ADESK"}
        return self.delivery.add(INTERACTIVE, {**known, "trigger_id": self.slack.trigger(self.id), **content})

    # Looking.

    def sees_home(self) -> str:
        """Their page as it is now, buttons in brackets."""
        blocks: list[Json] = self.slack.homes.get(self.id, {}).get("blocks", [])
        lines = (
            " ".join(f"[{each['text']['text']}]" for each in block["elements"])
            if block["type"] == "actions"
            else "\n".join(texts(block))
            for block in blocks
        )
        return "\n".join(lines)

    def sees(self, thread: str | None = None, channel: Channel | None = None) -> list[Shown]:
        """As it is on the screen, oldest first."""
        return self.slack.shown((channel or self.private).id, thread)

    def is_told(self) -> list[str]:
        """What only this person sees."""
        return [each["text"] for each in self.slack.ephemeral if each["user"] == self.id]

    def _inside(self, channel: Channel | None) -> Channel:
        where = channel or self.private
        if self.id not in where.members:
            raise Impossible(f"{self.user.name} is not in {where.name}.")
        return where

    def _changed(self, where: Channel, subtype: str, **content: Any) -> None:
        event: Json = {"type": "message", "subtype": subtype, "channel": where.id, "hidden": True, **content}
        stamp = self.slack.next_ts()
        self._tell(where, {**event, "channel_type": _TYPES[where.kind], "ts": stamp, "event_ts": stamp})

    def _tell(self, where: Channel, event: Json) -> None:
        """If the app is there."""
        if self.slack.bot.id in where.members:
            self.delivery.add(EVENT, enclosed(self.slack, where, {"event_ts": event.get("ts"), **event}))


def enclosed(slack: Workspace, where: Channel, event: Json) -> Json:
    """https://docs.slack.dev/apis/events-api/#events-JSON"""
    installed: Json = {"team_id": slack.team, "user_id": slack.bot.id, "is_bot": True}
    return {
        **{"type": "event_callback", "team_id": slack.team, "api_app_id": "ADESK", "event": event},
        **{"event_id": slack.next_id("Ev"), "event_time": int(slack.clock()), "authorizations": [installed]},
        "is_ext_shared_channel": where.external,
    }


def escaped(text: str) -> str:
    """As Slack hands over what people type. https://docs.slack.dev/messaging/formatting-message-text"""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
