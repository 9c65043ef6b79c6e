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


def auth_test(slack: Workspace, asked: Asked) -> Json:  # noqa: ARG001  who asks is known by the token
    bot = slack.bot
    known = {"user": "frontdesk", "user_id": bot.id, "bot_id": bot.bot_id}
    return {"url": slack.url, "team": "Rehearsal", "team_id": slack.team, **known}


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
