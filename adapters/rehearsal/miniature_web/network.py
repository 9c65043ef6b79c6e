"""Names with public addresses that end on loopback; all else resolves and connects as it really would."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from typing import Final

from adapters.web.addresses import is_public
from adapters.web.network import public_authorities

FIRST: Final = "93.184.215."
"""Public by every table, and never asked: its connections go to this machine."""


class RehearsedNetwork:
    def __init__(self, hosts: Iterable[str], server: tuple[str, int]) -> None:
        self.names: dict[str, list[list[str]]] = {
            host: [[f"{FIRST}{number}"]] for number, host in enumerate(sorted(hosts), 10)
        }
        self.resolved: list[str] = []
        self.private: list[str] = []  # addresses that are not public and were connected to all the same
        self._server = server

    def answers(self, host: str, *answers: list[str]) -> None:
        """What the name server says about that name, one after the other; the last one from then on."""
        self.names[host] = list(answers)

    def address_of(self, host: str) -> str:
        return self.names[host][0][0]

    async def resolve(self, host: str, port: int) -> list[str]:
        self.resolved.append(host)
        if known := self.names.get(host):
            return known.pop(0) if len(known) > 1 else known[0]
        if host == "localhost":
            return ["127.0.0.1", "::1"]
        # 127.1, 2130706433 and 0x7f.1 are addresses too; no name server is asked.
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
        return [str(entry[4][0]) for entry in found]

    def socket_of(self, address: str, port: int) -> tuple[str, int]:
        if address.startswith(FIRST):
            return self._server
        if is_public(address):
            raise AssertionError(f"the rehearsal would have reached the internet at {address}")
        self.private.append(address)
        return address, port

    def trust(self) -> ssl.SSLContext:
        return public_authorities()
