"""The rehearsed platform as a server on loopback."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from adapters.rehearsal.model_server.endpoints import Endpoints
from adapters.rehearsal.model_server.faults import Faults
from adapters.rehearsal.model_server.journal import Journal
from adapters.rehearsal.model_server.script import Fault, Script
from adapters.rehearsal.model_server.wire import Connection


class ModelServer:
    """``async with ModelServer(script) as server``: plays until the block ends.

    It listens on a free port unless one is given. Each request becomes a line of JSON in ``journal``.
    """

    def __init__(self, script: Script, *, port: int = 0, journal: Path | None = None) -> None:
        self.journal = Journal(journal)
        self.url = ""  # for ANTHROPIC_BASE_URL
        self._port = port
        self._faults = Faults(script)
        self._endpoints = Endpoints(script, self.journal, self._faults)
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def openai_url(self) -> str:
        """For OPENAI_BASE_URL, which ends in the version."""
        return f"{self.url}/v1"

    def fail_next(self, fault: Fault, times: int = 1) -> None:
        """Let the next ``times`` requests for a reply meet ``fault``, before any fault of the script."""
        self._faults.order(fault, times)

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self.url = f"http://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._listening.wait_closed()

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.create_task(Connection(reader, writer).serve(self._endpoints.respond))
        self._connections.add(serving)
        serving.add_done_callback(self._connections.discard)
