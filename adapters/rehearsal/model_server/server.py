"""The rehearsed platform as a server on loopback."""

from pathlib import Path
from types import TracebackType
from typing import Self

from adapters.rehearsal.model_server.endpoints import MAX_BODY_BYTES, Endpoints
from adapters.rehearsal.model_server.faults import Faults
from adapters.rehearsal.model_server.journal import Journal
from adapters.rehearsal.model_server.script import Fault, Script
from adapters.rehearsal.wire import Loopback


class ModelServer:
    """``async with ModelServer(script) as server``: plays until the block ends.

    It listens on a free port unless one is given. Each request becomes a line of JSON in ``journal``.
    """

    def __init__(self, script: Script, *, port: int = 0, journal: Path | None = None) -> None:
        self.journal = Journal(journal)
        self.url = ""  # for ANTHROPIC_BASE_URL
        self._faults = Faults(script)
        endpoints = Endpoints(script, self.journal, self._faults)
        self._loopback = Loopback(endpoints.respond, max_body_bytes=MAX_BODY_BYTES, port=port)

    @property
    def openai_url(self) -> str:
        """For OPENAI_BASE_URL, which ends in the version."""
        return f"{self.url}/v1"

    def fail_next(self, fault: Fault, times: int = 1) -> None:
        """Let the next ``times`` requests for a reply meet ``fault``, before any fault of the script."""
        self._faults.order(fault, times)

    async def __aenter__(self) -> Self:
        self.url = await self._loopback.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._loopback.close()
