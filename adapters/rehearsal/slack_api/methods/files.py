"""Files that an app shares: asked for, uploaded, and only then put into a conversation."""

from __future__ import annotations

from typing import cast

from adapters.rehearsal.slack_api.asked import Asked
from adapters.rehearsal.slack_api.refusals import Json, Refused
from adapters.rehearsal.slack_api.workspace import Workspace


def get_upload_url(slack: Workspace, asked: Asked) -> Json:
    name, length = asked.required("filename", "length")
    if not length.isdecimal() or length == "0":
        raise Refused("invalid_arguments")
    file = slack.store(name, b"", slack.bot)
    file |= {"size": int(length), "uploaded": False, "snippet_type": asked.text("snippet_type")}
    return {"file_id": file["id"], "upload_url": f"{slack.url}/upload/{file['id']}"}


def uploaded(slack: Workspace, id: str, content: bytes) -> bool:
    """Whether it is what was asked for."""
    file = slack.files.get(id)
    if file is None or len(content) != file["size"]:
        return False
    slack.contents[id] = content
    file["uploaded"] = True
    return True


def complete_upload(slack: Workspace, asked: Asked) -> Json:
    given = cast("list[Json]", asked.parsed("files") or [])
    files = [slack.files.get(str(each.get("id"))) for each in given]
    if not files or any(file is None or not file["uploaded"] for file in files):
        raise Refused("file_not_found")
    found = [file for file in files if file is not None]
    for file, each in zip(found, given, strict=True):
        file["title"] = each.get("title") or file["name"]
    if where := asked.text("channel_id"):
        channel = slack.channel(where)
        if channel.archived:
            raise Refused("is_archived")
        if slack.bot.id not in channel.members:
            raise Refused("not_in_channel")
        said: Json = {"text": asked.text("initial_comment"), "files": found}
        slack.keep(channel, slack.bot, said, asked.text("thread_ts") or None)
    return {"files": [{"id": file["id"], "title": file["title"]} for file in found]}


def info(slack: Workspace, asked: Asked) -> Json:
    (id,) = asked.required("file")
    if id not in slack.files:
        raise Refused("file_not_found")
    return {"file": slack.files[id]}
