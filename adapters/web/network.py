"""Names to addresses, and addresses to sockets: the only part of a fetch that a rehearsal replaces."""

from __future__ import annotations

import asyncio
import socket
import ssl
from functools import cache
from typing import Protocol

import httpx

from adapters.web.addresses import Target, is_public
from adapters.web.records import WebError


class Network(Protocol):
    async def resolve(self, host: str, port: int) -> list[str]:
        """Every address of that name; raises OSError when there is none."""
        ...

    def socket_of(self, address: str, port: int) -> tuple[str, int]:
        """Where a connection to that public address really goes."""
        ...

    def trust(self) -> ssl.SSLContext:
        """Whose certificates are believed."""
        ...


class Internet:
    """The real one."""

    async def resolve(self, host: str, port: int) -> list[str]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def socket_of(self, address: str, port: int) -> tuple[str, int]:
        return address, port

    def trust(self) -> ssl.SSLContext:
        return public_authorities()


@cache
def public_authorities() -> ssl.SSLContext:
    """Made once: reading some hundred certificates for each page takes longer than many a page."""
    return httpx.create_ssl_context(trust_env=False)


async def public_addresses(network: Network, target: Target) -> list[str]:
    """Asked once per request, IPv4 first; raises WebError when any of them is not public.

    A name with one public and one private address is an attack or a mistake, never a page.
    """
    try:
        found = await network.resolve(target.host, target.port)
    except (OSError, UnicodeError) as error:
        raise WebError(f"{target.host} has no address.") from error
    if not found:
        raise WebError(f"{target.host} has no address.")
    if not all(is_public(address) for address in found):
        raise WebError("The address is not public.")
    return sorted(found, key=lambda address: ":" in address)
