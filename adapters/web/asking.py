"""One request to one address that was checked: no redirect is followed, no body may grow without end."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from adapters.web.addresses import Target
from adapters.web.network import Network, public_addresses
from adapters.web.records import WebError

USER_AGENT: Final = "Frontdesk/0.1 (a research assistant that a person asked)"
ACCEPT: Final = "text/html, application/xhtml+xml, text/plain;q=0.9, application/pdf;q=0.9, text/*;q=0.5"
TRIED_ADDRESSES: Final = 2
"""Of a name with several; the second one in case the first is down."""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes  # unpacked


async def ask(network: Network, target: Target, *, max_bytes: int) -> Response:
    """Raises WebError with one sentence. The name is resolved once, and exactly that address is asked."""
    addresses = await public_addresses(network, target)
    failure: Exception | None = None
    for address in addresses[:TRIED_ADDRESSES]:
        try:
            where = network.socket_of(address, target.port)
            return await _ask_at(where, target, max_bytes, network.trust())
        except httpx.ConnectError as error:
            if why := _distrusted(error):
                raise WebError(f"{target.host} {why}, so nothing was read from it.") from error
            failure = error
        except httpx.HTTPError as error:
            raise WebError(f"{target.host} broke off or sent what is no HTTP.") from error
    raise WebError(f"{target.host} cannot be reached.") from failure


_FAULTS: Final = {10: "shows a certificate that has expired", 62: "shows the certificate of another name"}
"""By OpenSSL's numbers (X509_V_ERR_…), which Python passes on without names."""


def _distrusted(error: BaseException | None) -> str:
    """What is wrong with the certificate, if that is what stopped the connection."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    if error is None:
        return ""
    return _FAULTS.get(error.verify_code, "shows a certificate that no known authority vouches for")


async def _ask_at(where: tuple[str, int], target: Target, max_bytes: int, trust: ssl.SSLContext) -> Response:
    """The certificate must be the name's, though the connection goes to an address."""
    url = httpx.URL(scheme=target.scheme, host=where[0], port=where[1], raw_path=target.path.encode())
    headers = {
        "Host": target.netloc,
        "User-Agent": USER_AGENT,
        "Accept": ACCEPT,
        "Accept-Encoding": "gzip, deflate",
    }
    # A connection of its own: one that was verified for another name at the same address must not serve this.
    async with httpx.AsyncClient(
        verify=trust,
        trust_env=False,
        timeout=None,  # noqa: S113 - the caller's deadline is over all of it
        follow_redirects=False,
    ) as client:
        request = client.build_request("GET", url, headers=headers)
        request.extensions["sni_hostname"] = target.host
        response = await client.send(request, stream=True)
        try:
            body = b""
            if not response.has_redirect_location:
                body = await _unpacked(response, max_bytes)
        finally:
            await response.aclose()
    return Response(response.status_code, dict(response.headers), body)


async def _unpacked(response: httpx.Response, max_bytes: int) -> bytes:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    raw = _capped(response.aiter_raw(), max_bytes)
    if encoding in ("identity", ""):
        return b"".join([chunk async for chunk in raw])
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise WebError(f"The page is packed in a way that was not asked for ({encoding[:20]}).")
    unpacker, body = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32), bytearray()
    async for chunk in raw:
        left = max_bytes + 1 - len(body)
        try:
            body += unpacker.decompress(chunk, left)
        except zlib.error as error:
            raise WebError("The page cannot be unpacked.") from error
        _refuse_above(len(body), max_bytes)
    return bytes(body)


async def _capped(chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncIterator[bytes]:
    total = 0
    async for chunk in chunks:
        total += len(chunk)
        _refuse_above(total, max_bytes)
        yield chunk


def _refuse_above(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise WebError(f"The page is larger than {max_bytes / 1_000_000:g} MB.")
