"""The app as Slack is to make it: what it may do and why, what it hears, and a link that creates it.

https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

from adapters.chats.slack.interactions import MESSAGE_SHORTCUT, SHORTCUT
from adapters.chats.slack.wire import Json

NEW_APP: Final = "https://api.slack.com/apps?new_app=1&manifest_json="
COMMAND: Final = "/frontdesk"

SCOPES: Final = {
    "app_mentions:read": "hear that somebody mentions it",
    "channels:history": "read threads of the public channels it is in, and find its own message again",
    "chat:write": "write and edit its messages, show that it is thinking",
    "commands": "be called by its slash command",
    "files:read": "read a file that somebody hands over",
    "files:write": "share results and diffs as files",
    "groups:history": "the same in private channels",
    "im:history": "read what people write to it in private",
    "im:write": "open a private channel for a reminder",
    "users:read": "know a person's name, and who is a guest or of another organisation",
}
"""What it cannot do without."""
OPTIONAL: Final = {
    "mpim:history": "be heard in group conversations without a channel",
    "reactions:read": "cancel by ❌ on a message",
    "reactions:write": "put a sign on a message",
}

AGENT: Final = {"assistant:write": "suggest what to write, and show its sessions' titles and states"}
"""With the agent view."""

_EVENTS: Final = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
}
"""Events, each with the scope it needs."""


LEAVES: Final = ("app_uninstalled", "tokens_revoked")
"""By which a workspace lets an app go that several install."""


def manifest(
    *, minimal: bool = False, agent: bool = False, url: str = "", command: str = COMMAND, redirect: str = ""
) -> Json:
    """``minimal``: without what is optional; ``agent``: with Slack's agent view; ``url``: HTTP mode;
    ``redirect``: several workspaces install it, and Slack sends people back there."""
    scopes = [*SCOPES, *({} if minimal else OPTIONAL)]
    events = ["app_home_opened", *(event for event, scope in _EVENTS.items() if scope in scopes)]
    events += LEAVES if redirect else ()
    features: dict[str, Any] = {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "frontdesk", "always_online": True},
        "shortcuts": [
            {"name": "New work", "type": "global", "callback_id": SHORTCUT, "description": "Describe work"},
            {
                **{"name": "Send to a specialist", "type": "message", "callback_id": MESSAGE_SHORTCUT},
                "description": "Have something done about this message",
            },
        ],
        "slash_commands": [
            {
                **{
                    "command": command,
                    "description": "Ask, look, stop",
                    "usage_hint": "status | help | fix …",
                },
                **({"url": url} if url else {}),
                "should_escape": True,
            }
        ],
    }
    if agent:
        features["agent_view"] = {"agent_description": "Takes work in threads, and asks before it does harm."}
        scopes += AGENT
        events.append("agent_session_stopped")
    return {
        "display_information": {"name": "Frontdesk", "description": "Threads where work gets done."},
        "features": features,
        "oauth_config": {
            "scopes": {"bot": sorted(scopes)},
            **({"redirect_urls": [redirect]} if redirect else {}),
        },
        "settings": {
            "event_subscriptions": {"bot_events": sorted(events), **({"request_url": url} if url else {})},
            "interactivity": {"is_enabled": True, **({"request_url": url} if url else {})},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }


def link(made: Json) -> str:
    """Opens Slack's page with the app filled in; a person chooses the workspace and creates it."""
    return NEW_APP + quote(json.dumps(made, separators=(",", ":")), safe="")
