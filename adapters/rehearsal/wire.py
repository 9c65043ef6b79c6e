"""HTTP/1.1 on loopback by way of h11: kept-alive connections, their requests, and their sudden ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import h11

_READ_BYTES: Final = 65_536


class Hangup(Exception):
    """Close the connection where it stands, in the middle of an answer if need be."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came in."""

    method: str
    path: str  # without the query
    headers: Mapping[str, str]  # names in lower case
    body: bytes  # cut off soon after the most that the server takes
    query: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; with ``length`` larger than the content, the client sees a body that breaks off."""

    status: int
    headers: Mapping[str, str]
    content: AsyncIterator[bytes]
    length: int | None = None  # None: chunked


Respond = Callable[["Connection", Incoming], Awaitable[Answer]]


class Connection:
    """One client's connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, max_body_bytes: int
    ) -> None:
        self._reader, self._writer = reader, writer
        self._max_body_bytes = max_body_bytes
        self._http = h11.Connection(h11.SERVER)

    async def serve(self, respond: Respond) -> None:
        """Answer requests until either side ends the connection."""
        try:
            while (incoming := await self._receive()) is not None:
                await self._send(await respond(self, incoming))
                if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                    break
                self._http.start_next_cycle()
        except (Hangup, ConnectionError, h11.RemoteProtocolError):
            pass  # nobody is left to tell
        finally:
            self._writer.close()

    async def until_client_leaves(self) -> None:
        """Wait as a platform that has forgotten the request."""
        while await self._reader.read(_READ_BYTES):
            pass
        raise Hangup

    async def _receive(self) -> Incoming | None:
        request, body = None, bytearray()
        while True:
            event = self._http.next_event()
            match event:
                case h11.Request():
                    request = event
                case h11.Data():
                    if (
                        len(body) <= self._max_body_bytes
                    ):  # what is too large is read to its end, but not kept
                        body += event.data
                case h11.EndOfMessage():
                    break
                case h11.ConnectionClosed() | h11.PAUSED:
                    return None
                case _:
                    await self._read_more()
        if request is None:
            return None
        headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
        path, _, query = request.target.decode("latin-1").partition("?")
        return Incoming(request.method.decode(), path, headers, bytes(body), query)

    async def _read_more(self) -> None:
        if self._http.they_are_waiting_for_100_continue:
            await self._write(h11.InformationalResponse(status_code=100, headers=[]))
        self._http.receive_data(await self._reader.read(_READ_BYTES))

    async def _send(self, answer: Answer) -> None:
        size = (
            ("Transfer-Encoding", "chunked")
            if answer.length is None
            else ("Content-Length", str(answer.length))
        )
        await self._write(h11.Response(status_code=answer.status, headers=[*answer.headers.items(), size]))
        async for chunk in answer.content:
            await self._write(h11.Data(data=chunk))
        await self._write(h11.EndOfMessage())

    async def _write(self, event: h11.Event) -> None:
        self._writer.write(self._http.send(event) or b"")
        await self._writer.drain()


class Loopback:
    """A server on 127.0.0.1 whose every request goes to ``respond``."""

    def __init__(self, respond: Respond, *, max_body_bytes: int, port: int = 0) -> None:
        self._respond, self._max_body_bytes, self._port = respond, max_body_bytes, port
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self) -> str:
        """Its address; on a free port unless one was given."""
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        return f"http://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        self._listening.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._listening.wait_closed()

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self._max_body_bytes)
        serving = asyncio.create_task(connection.serve(self._respond))
        self._connections.add(serving)
        serving.add_done_callback(self._connections.discard)
