"""Which URLs and which addresses may be asked at all; what is not public is refused, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from adapters.web.records import WebError

MAX_URL_CHARS: Final = 2_048
PORTS: Final = {"http": 80, "https": 443}

_INSIDE: Final = (".localhost", ".local", ".internal", ".intranet", ".home.arpa", ".onion")
"""Names that are never public, however they resolve."""

_PUBLIC_V6: Final = ip_network("2000::/3")
_DENIED: Final = tuple(
    ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's host, at a public address
        "192.88.99.0/24",  # the way into 6to4
        "2001::/23",  # Teredo and other tunnels: an IPv4 address is inside
        "2002::/16",  # 6to4, likewise
        "2001:db8::/32",
        "3fff::/20",
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be asked, in its parts."""

    scheme: str
    host: str  # ASCII, lower case
    port: int
    path: str  # with the query

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @property
    def netloc(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS[self.scheme] else f"{name}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}{self.path}"

    def beside(self, reference: str) -> str:
        """The URL that ``reference`` means on this page."""
        return urljoin(self.url, reference.strip())


def target(url: str) -> Target:
    """Raises WebError for everything but http and https on their usual ports, without a login in it."""
    if len(url) > MAX_URL_CHARS or any(char.isspace() or ord(char) < 32 for char in url):
        raise WebError("The URL is too long or holds white space.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower(), parts.port
    except ValueError as error:  # UnicodeError is one
        raise WebError("The URL cannot be read.") from error
    if parts.scheme not in PORTS:
        raise WebError("Only http and https can be fetched.")
    if parts.username is not None or parts.password is not None:
        raise WebError("A URL with a login in it is not fetched.")
    if port not in (None, PORTS[parts.scheme]):
        raise WebError("Only the usual ports, 80 and 443, can be fetched.")
    if not host or f".{host}".endswith(_INSIDE):
        raise WebError("The address is not public.")
    path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    return Target(parts.scheme, host, PORTS[parts.scheme], path if path.startswith("/") else f"/{path}")


def is_public(address: str) -> bool:
    """Whether the whole internet can reach it; addresses that carry another one inside are not."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False  # a zone, "fe80::1%eth0", among others
    if any(ip.version == network.version and ip in network for network in _DENIED):
        return False
    match ip:
        case IPv4Address():
            return ip.is_global and not ip.is_multicast
        case IPv6Address():
            return ip in _PUBLIC_V6 and ip.is_global
