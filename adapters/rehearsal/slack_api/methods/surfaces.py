"""Who is who, and what an app shows besides messages: forms, its home, what it is doing."""

from __future__ import annotations

import json
from typing import Any, Final, cast

from adapters.rehearsal.slack_api.asked import Asked
from adapters.rehearsal.slack_api.blocks import MAX_VIEW_BLOCKS, check_blocks
from adapters.rehearsal.slack_api.refusals import Json, Refused, bad_arguments
from adapters.rehearsal.slack_api.workspace import Workspace

MAX_TITLE: Final = 24
MAX_METADATA: Final = 3_000
MAX_VIEW_BYTES: Final = 250_000
MOST_PROMPTS: Final = 4
MAX_SESSION_TITLE: Final = 200
SESSION_STATUSES: Final = ("processing", "active", "suspended", "closed")
_PROMPT: Final = ("title", "message")


def auth_test(slack: Workspace, asked: Asked) -> Json:  # noqa: ARG001  who asks is known by the token
    bot = slack.bot
    known = {"user": "frontdesk", "user_id": bot.id, "bot_id": bot.bot_id}
    return {"url": slack.url, "team": "Rehearsal", "team_id": slack.team, **known}


def auth_revoke(slack: Workspace, asked: Asked) -> Json:  # noqa: ARG001  of the token that asks
    slack.bot_token = ""
    return {"revoked": True}


def users_info(slack: Workspace, asked: Asked) -> Json:
    (user,) = asked.required("user")
    return {"user": slack.user(user).wire()}


def views_open(slack: Workspace, asked: Asked) -> Json:
    (trigger,) = asked.required("trigger_id")
    if trigger not in slack.triggers:
        raise Refused("exchanged_trigger_id")
    at, user = slack.triggers.pop(trigger)
    if slack.clock() - at > slack.rules.trigger_lives_s:
        raise Refused("expired_trigger_id")
    view = _view(asked, "modal")
    id = slack.next_id("V")
    kept: Json = {**view, "id": id, "hash": f"{slack.next_ts()}.hash", "team_id": slack.team, "user": user}
    slack.views[id] = kept
    return {"view": kept}


def views_publish(slack: Workspace, asked: Asked) -> Json:
    (user,) = asked.required("user_id")
    found = slack.user(user)
    if not slack.rules.home:
        raise Refused("not_enabled")
    if found.team != slack.team or found.is_bot:
        raise Refused("user_not_found")
    view, before = _view(asked, "home"), slack.homes.get(found.id)
    if (given := asked.text("hash")) and before and given != before["hash"]:
        raise Refused("hash_conflict")
    id = before["id"] if before else slack.next_id("V")
    known: Json = {"id": id, "hash": f"{slack.next_ts()}.hash", "team_id": slack.team}
    slack.homes[found.id] = kept = {**view, **known}
    return {"view": kept}


def set_status(slack: Workspace, asked: Asked) -> Json:
    where, thread = asked.required("channel_id", "thread_ts")
    slack.statuses[slack.channel(where).id, thread] = asked.text("status")
    return {}


def set_prompts(slack: Workspace, asked: Asked) -> Json:
    """At most four, in the private channel of app and person."""
    (where,) = asked.required("channel_id")
    given = cast("list[Json]", asked.parsed("prompts") or [])
    if not 1 <= len(given) <= MOST_PROMPTS or any(not each.get(name) for each in given for name in _PROMPT):
        raise bad_arguments(["between 1 and 4 prompts with title and message [json-pointer:/prompts]"])
    if (channel := slack.channel(where)).kind != "im":
        raise Refused("channel_type_not_supported")
    slack.prompts[channel.id] = [str(each["message"]) for each in given]
    return {}


def set_title(slack: Workspace, asked: Asked) -> Json:
    where, thread, title = asked.required("channel_id", "thread_ts", "title")
    slack.titles[_thread(slack, where, thread)] = title
    return {}


def set_session(slack: Workspace, asked: Asked) -> Json:
    """Only for an app that is declared as an agent; Slack's word for another is not documented."""
    where, thread, status = asked.required("channel_id", "thread_ts", "status")
    if not slack.rules.declared:
        raise Refused("feature_not_enabled")
    if status not in SESSION_STATUSES or len(asked.text("title")) > MAX_SESSION_TITLE:
        raise bad_arguments(["status or title [json-pointer:/status]"])
    slack.sessions[_thread(slack, where, thread)] = (status, asked.text("title"))
    return {}


def _thread(slack: Workspace, where: str, thread: str) -> tuple[str, str]:
    channel = slack.channel(where)
    if thread not in channel.messages:
        raise Refused("thread_not_found")
    return channel.id, thread


def _view(asked: Asked, kind: str) -> Json:
    given = asked.parsed("view")
    view = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    if view.get("type") != kind:
        raise bad_arguments([f"invalid `view`: must be a {kind}"])
    check_blocks(view.get("blocks"), most=MAX_VIEW_BLOCKS, in_view=True)
    if len(json.dumps(view)) > MAX_VIEW_BYTES:
        raise Refused("view_too_large")
    if kind == "home" and (more := {"title", "submit", "close"} & view.keys()):
        raise bad_arguments([f"must not have {each} [json-pointer:/view]" for each in sorted(more)])
    if len(view.get("private_metadata", "")) > MAX_METADATA:
        raise bad_arguments(
            [f"must be less than {MAX_METADATA + 1} characters [json-pointer:/view/private_metadata]"]
        )
    if kind == "modal":
        for name in ("title", "submit", "close"):
            words = view.get(name, {}).get("text", "")
            if len(words) > MAX_TITLE or (name == "title" and not words):
                raise bad_arguments(
                    [f"must be less than {MAX_TITLE + 1} characters [json-pointer:/view/{name}]"]
                )
    return view
