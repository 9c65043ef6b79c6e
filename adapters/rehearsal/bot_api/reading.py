"""A call as the client sent it: query, form, JSON or multipart, every value as text, as Telegram reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Final, cast
from urllib.parse import parse_qsl

from adapters.rehearsal.bot_api.refusals import Json, bad
from adapters.rehearsal.wire import Incoming

_ATTACH: Final = "attach://"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the call."""

    name: str
    content: bytes
    mime: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A method and its arguments; what is absent reads as empty."""

    method: str
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    uploads: Mapping[str, Upload] = field(default_factory=dict[str, Upload])

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def integer(self, name: str, default: int = 0) -> int:
        """Telegram reads what is no number as the default."""
        try:
            return int(self.values.get(name, default))
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("true", "yes", "1")

    def json(self, name: str, what: str) -> object:
        """None when absent; ``what`` is Telegram's word for it in the refusal."""
        if not (given := self.text(name)):
            return None
        try:
            return json.loads(given)
        except ValueError as error:
            raise bad(f"can't parse {what} JSON object") from error

    def table(self, name: str, what: str) -> Json:
        """An object; empty when absent."""
        given = self.json(name, what)
        if given is not None and not isinstance(given, dict):
            raise bad(f"object expected as {what}")
        return cast("Json", given or {})

    def tables(self, name: str, what: str) -> list[Json]:
        """A list of objects; empty when absent."""
        given = self.json(name, what)
        if given is not None and not isinstance(given, list):
            raise bad(f"expected an Array of {what}")
        items = cast("list[object]", given or [])
        if not all(isinstance(one, dict) for one in items):
            raise bad(f"can't parse {what}: expected an Object")
        return cast("list[Json]", items)

    def upload(self, name: str) -> Upload | None:
        """The file of an argument, sent as its part or referred to by ``attach://``."""
        reference = self.text(name)
        if reference.startswith(_ATTACH):
            return self.uploads.get(reference.removeprefix(_ATTACH))
        return self.uploads.get(name)


def read(incoming: Incoming, method: str) -> Asked:
    """The call of a request. Raises Refused for a body that is not what it says it is."""
    values = dict(parse_qsl(incoming.query, keep_blank_values=True))
    kind = Message()
    kind["Content-Type"] = incoming.headers.get("content-type", "")
    match kind.get_content_type():
        case "application/json":
            return Asked(method, values | _from_json(incoming.body))
        case "application/x-www-form-urlencoded":
            return Asked(
                method,
                values | dict(parse_qsl(incoming.body.decode("utf-8", "replace"), keep_blank_values=True)),
            )
        case "multipart/form-data":
            return _from_parts(method, values, incoming.body, str(kind.get_param("boundary", "")))
        case _:
            return Asked(method, values)


def _from_json(body: bytes) -> dict[str, str]:
    try:
        found: object = json.loads(body or b"{}")
    except ValueError as error:
        raise bad("can't parse JSON object") from error
    if not isinstance(found, dict):
        raise bad("object expected")
    return {name: _as_text(value) for name, value in cast("dict[str, object]", found).items()}


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _from_parts(method: str, values: dict[str, str], body: bytes, boundary: str) -> Asked:
    uploads: dict[str, Upload] = {}
    for headers, content in _parts(body, boundary.encode()):
        name = str(headers.get_param("name", "", "content-disposition"))
        filename = headers.get_filename()
        if filename is None:
            values[name] = content.decode("utf-8", "replace")
        else:
            uploads[name] = Upload(filename, content, headers.get_content_type())
    return Asked(method, values, uploads)


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[Message, bytes]]:
    """The parts between the boundaries. https://www.rfc-editor.org/rfc/rfc7578"""
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if not boundary or not parts or not parts[-1].startswith(b"--"):
        raise bad("can't parse multipart form")
    for part in parts[:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        yield BytesHeaderParser().parsebytes(head), content
