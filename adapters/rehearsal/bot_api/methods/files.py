"""Files to people and from people."""

from __future__ import annotations

from typing import Final

from adapters.rehearsal.bot_api.formatted import caption_of
from adapters.rehearsal.bot_api.methods.messages import post
from adapters.rehearsal.bot_api.platform import Platform, Stored
from adapters.rehearsal.bot_api.reading import Asked
from adapters.rehearsal.bot_api.refusals import Json, Refused, bad


async def send_document(platform: Platform, asked: Asked) -> Json:
    caption, entities = caption_of(asked)
    file = _given(platform, asked, "document")
    content: Json = {"document": described(file), "caption": caption or None}
    return post(platform, asked, {**content, "caption_entities": entities or None})


async def send_photo(platform: Platform, asked: Asked) -> Json:
    caption, entities = caption_of(asked)
    file = _given(platform, asked, "photo")
    if file.size > platform.rules.photo_bytes:
        raise bad(
            f"file of size {file.size} bytes is too big for a photo; "
            f"the maximum size is {platform.rules.photo_bytes} bytes"
        )
    content: Json = {"photo": [as_photo(file)], "caption": caption or None}
    return post(platform, asked, {**content, "caption_entities": entities or None})


def described(file: Stored) -> Json:
    return {
        "file_id": file.id,
        "file_unique_id": f"u{file.id}",
        "file_name": file.name,
        "mime_type": file.mime,
        "file_size": file.size,
    }


def as_photo(file: Stored) -> Json:
    size = {"width": 640, "height": 480, "file_size": file.size}
    return {"file_id": file.id, "file_unique_id": f"u{file.id}", **size}


def _given(platform: Platform, asked: Asked, name: str) -> Stored:
    """What the bot uploads, or a file that Telegram has."""
    upload = asked.upload(name)
    if upload is None:
        if not asked.text(name):
            raise bad(f"there is no {name} in the request")
        if asked.text(name) not in platform.files:
            raise bad("wrong remote file identifier specified: can't unserialize it. Wrong last symbol")
        return platform.files[asked.text(name)]
    if not upload.content:
        raise bad("file must be non-empty")
    if len(upload.content) > platform.rules.upload_bytes:
        raise Refused(413, "Request Entity Too Large")
    return platform.store(upload)


async def get_file(platform: Platform, asked: Asked) -> Json:
    if not (id := asked.text("file_id")):
        raise bad("file_id not specified")
    if id not in platform.files:
        raise bad("wrong file_id or the file is temporarily unavailable")
    file = platform.files[id]
    if file.size > platform.rules.download_bytes:
        raise bad("file is too big")
    path = f"documents/{file.id}"
    return {"file_id": id, "file_unique_id": f"u{id}", "file_size": file.size, "file_path": path}


METHODS: Final = {"sendDocument": send_document, "sendPhoto": send_photo, "getFile": get_file}
