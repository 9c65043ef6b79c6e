"""What people do besides writing: presses, forms, slash commands, reactions, stops."""

from __future__ import annotations

from typing import Final

from adapters.chats.slack import forms
from adapters.chats.slack.naming import Me, is_direct
from adapters.chats.slack.places import Place
from adapters.chats.slack.wire import Json, rows, table
from adapters.chats.slack.words import own_words, unescaped
from bot.model.conversations import (
    Address,
    Inbound,
    Opened,
    Pressed,
    Reacted,
    Stopped,
    Submitted,
    Summoned,
    Wrote,
)
from bot.model.people import Identity

_EMOJI: Final = {"x": "❌", "-1": "👎", "thumbsdown": "👎", "eyes": "👀", "white_check_mark": "✅"}

SHORTCUT: Final = "frontdesk.compose"
MESSAGE_SHORTCUT: Final = "frontdesk.compose_about"

_SLASHED: Final = frozenset(
    {
        *("status", "costs", "help", "stop", "cancel", "retry", "tell", "answer", "approve", "deny", "run"),
        *(
            "start",
            "new",
            "use",
            "usage",
            "compact",
            "sessions",
            "move",
            "models",
            "pair",
            "again",
            "continue",
        ),
    }
)
"""Subcommands: the house's own commands."""


def reacted(me: Me, event: Json, *, shared: bool) -> Reacted | None:
    item = table(event.get("item"))
    user, name = str(event.get("user") or ""), str(event.get("reaction") or "").split("::")[0]
    if shared or item.get("type") != "message" or not user or user == me.user:
        return None
    of = me.key(str(item["channel"]), str(item["ts"]))
    return Reacted(
        me.identity(me.team, user),
        me.address(Place(str(item["channel"]))),
        f"{of}:reaction:{user}:{name}:{event.get('event_ts')}",
        _EMOJI.get(name, f":{name}:"),
        str(item["ts"]),
        of,
    )


def stopped(me: Me, event: Json, *, shared: bool) -> Stopped | None:
    user, channel, thread = (str(event.get(name) or "") for name in ("user", "channel", "thread_ts"))
    if shared or not (user and channel and thread):
        return None
    key = f"{me.key(channel, thread)}:stopped:{user}:{event.get('event_ts')}"
    return Stopped(me.identity(me.team, user), me.address(Place(channel, thread)), key, user)


def opened(me: Me, event: Json) -> Opened | None:
    user = str(event.get("user") or "")
    if not user:
        return None
    tab = str(event.get("tab") or "home")
    key = f"{me.chat}:{me.team}:opened:{user}:{tab}:{event.get('event_ts')}"
    return Opened(me.identity(me.team, user), me.address(Place(user)), key, page=tab == "home")


def interaction(me: Me, body: Json) -> Inbound | None:
    user = table(body.get("user"))
    if not user.get("id"):
        return None
    identity = me.identity(str(user.get("team_id") or me.team), str(user["id"]))
    sender = str(user.get("name") or user["id"])
    if body["type"] == "view_submission":
        return _submitted(me, body, identity, sender)
    if body["type"] in ("message_action", "shortcut"):
        return _summoned(me, body, identity, sender)
    return _pressed(me, body, identity, sender)


def _pressed(me: Me, body: Json, identity: Identity, sender: str) -> Pressed | None:
    container = table(body.get("container"))
    actions = rows(body.get("actions"))
    if container.get("type") == "view":
        return _pressed_at_home(me, body, identity, sender, actions)
    channel, ts = str(container.get("channel_id") or ""), str(container.get("message_ts") or "")
    if not (actions and channel and ts):
        return None
    token = str(actions[0].get("action_id") or "")
    thread = table(body.get("message")).get("thread_ts")
    alone = str(table(body.get("user"))["id"]) if is_direct({"channel": channel}) else channel
    place = Place(channel, str(thread)) if thread else Place(alone)
    stamp = f"{ts}:{token}:{actions[0].get('action_ts')}"
    key = f"{me.chat}:{me.team}:press:{identity.account}:{stamp}"
    return Pressed(identity, me.address(place), key, token, sender, str(ts))


def _pressed_at_home(
    me: Me, body: Json, identity: Identity, sender: str, actions: list[Json]
) -> Pressed | None:
    """On their own page, which belongs to their private channel."""
    if not actions or table(body.get("view")).get("type") != "home":
        return None
    user, token = str(table(body.get("user"))["id"]), str(actions[0].get("action_id") or "")
    key = f"{me.chat}:{me.team}:press:{identity.account}:home:{token}:{actions[0].get('action_ts')}"
    return Pressed(identity, me.address(Place(user)), key, token, sender)


def _submitted(me: Me, body: Json, identity: Identity, sender: str) -> Submitted | None:
    view = table(body.get("view"))
    filled = forms.filled_in(view)
    if filled is None:
        return None
    token, where, values = filled
    key = f"{me.chat}:{me.team}:form:{view.get('id')}:{view.get('hash')}"
    return Submitted(identity, Address(me.chat, where), key, token, values, sender)


def _summoned(me: Me, body: Json, identity: Identity, sender: str) -> Summoned | None:
    """By a shortcut; on somebody's message it is talked about in that thread, where we may read along."""
    if body.get("callback_id") not in (SHORTCUT, MESSAGE_SHORTCUT):
        return None
    user, message = str(table(body.get("user"))["id"]), table(body.get("message"))
    channel = str(table(body.get("channel")).get("id") or "")
    ts = str(message.get("thread_ts") or message.get("ts") or "")
    about = me.address(Place(channel, ts)) if channel[:1] in ("C", "G") and ts else None
    key = f"{me.chat}:{me.team}:shortcut:{identity.account}:{body.get('action_ts')}"
    quoted = own_words(str(message.get("text") or ""), me.user)
    return Summoned(identity, me.address(Place(user)), key, sender, about, quoted)


def slash(me: Me, body: Json) -> Wrote | None:
    """Answered in the person's private channel, but for `use`, which is about the channel itself."""
    user, channel = str(body.get("user_id") or ""), str(body.get("channel_id") or "")
    text = unescaped(str(body.get("text") or "")).strip()
    verb = text.split(maxsplit=1)[0].casefold() if text else ""
    if not user or not channel:
        return None
    about_channel = verb == "use" and not channel.startswith("D")
    return Wrote(
        me.identity(me.team, user),
        me.address(Place(channel if about_channel else user)),
        f"{me.chat}:{me.team}:slash:{user}:{body.get('trigger_id')}",
        f"/{text}" if verb in _SLASHED else text or "/start",
        str(body.get("user_name") or user),
        direct=not about_channel,
    )
