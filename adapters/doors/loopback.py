"""Pages on 127.0.0.1 for whoever watches this machine: read only, one request per connection.

A page of the web cannot reach them through somebody's browser: the Host header has to name this very place.
Nothing here changes anything, and no header or parameter of a request is used for more than choosing a page.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import h11

from bot.errors import SettingsError

HOST: Final = "127.0.0.1"
WITHIN_S: Final = 5.0
"""For a whole request; who is slower is cut off."""
AT_ONCE: Final = 16
MAX_HEAD_BYTES: Final = 16 * 1024

_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Page:
    body: bytes
    status: int = HTTPStatus.OK
    content_type: str = _JSON


Pages = Mapping[str, Callable[[], Awaitable[Page]]]


@asynccontextmanager
async def open_door(port: int, pages: Pages) -> AsyncGenerator[int]:
    """Answer at ``port`` (0: any that is free) until the block ends; the port."""
    places = asyncio.Semaphore(AT_ONCE)
    names: set[str] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(TimeoutError, OSError, h11.ProtocolError):
            async with places, asyncio.timeout(WITHIN_S):
                await _answer(reader, writer, pages, names)
        writer.close()

    try:
        server = await asyncio.start_server(answer, HOST, port)
    except OSError as error:
        raise SettingsError(
            f"health.port: {port} cannot be listened to ({error.strerror}); choose another, or leave it out."
        ) from error
    async with server:
        port = server.sockets[0].getsockname()[1]
        names |= {f"{HOST}:{port}", f"localhost:{port}"}
        yield port


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pages: Pages, names: set[str]
) -> None:
    http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
    try:
        request = await _request(http, reader)
    except h11.RemoteProtocolError as error:
        page = _refusal(HTTPStatus(error.error_status_hint), "This is no request.")
    else:
        if request is None:
            return
        page = await _page(request, pages, names)
    head = [("Content-Type", page.content_type), ("Content-Length", str(len(page.body)))]
    head += [("Connection", "close"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
    parts = (
        h11.Response(status_code=page.status, headers=head),
        h11.Data(data=page.body),
        h11.EndOfMessage(),
    )
    for part in parts:
        writer.write(http.send(part) or b"")
    await writer.drain()


async def _request(http: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    while (event := http.next_event()) is h11.NEED_DATA:
        http.receive_data(await reader.read(MAX_HEAD_BYTES))
    return event if isinstance(event, h11.Request) else None


async def _page(request: h11.Request, pages: Pages, names: set[str]) -> Page:
    hosts = [value.decode("latin-1") for name, value in request.headers if name == b"host"]
    if len(hosts) != 1 or hosts[0] not in names:
        return _refusal(HTTPStatus.MISDIRECTED_REQUEST, "Only 127.0.0.1 and localhost are answered.")
    if request.method != b"GET":
        return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, "There is nothing to do here but to look (GET).")
    find = pages.get(request.target.decode("latin-1").partition("?")[0])
    if find is None:
        return _refusal(HTTPStatus.NOT_FOUND, f"There are {', '.join(pages)}.")
    return await find()


def _refusal(status: HTTPStatus, words: str) -> Page:
    return Page(f"{words}\n".encode(), status, "text/plain; charset=utf-8")
