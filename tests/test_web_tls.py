"""A page over TLS is believed only under its own name, though the connection goes to a checked address."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from adapters.web.fetching import Fetcher, FetchLimits
from adapters.web.network import Internet

NAME = "kettles.example"
PUBLIC = "93.184.215.14"
LIMITS = FetchLimits(pause_s=0.0, deadline_s=60.0, robots=False)
PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 17\r\nConnection: close\r\n\r\n"
    b"It boils quickly."
)


class Authority:
    """One that nobody but a test believes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        now = datetime.now(UTC)
        made = self._began(self._name, self._key, now - timedelta(days=1), now + timedelta(days=1))
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        signs = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        own = made.add_extension(signs, critical=True).sign(self._key, hashes.SHA256())
        self.certificate = own.public_bytes(Encoding.PEM).decode()

    def certify(self, name: str, until: timedelta = timedelta(days=1)) -> ssl.SSLContext:
        """What a server of that name shows."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test server")])
        of = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        made = self._began(subject, key, now - timedelta(days=30), now + until)
        made = made.add_extension(x509.SubjectAlternativeName([of]), critical=False)
        signed = made.sign(self._key, hashes.SHA256())
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file = self._folder / f"{name}.pem"
        file.write_bytes(secret + signed.public_bytes(Encoding.PEM))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        return context

    def _began(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, since: datetime, until: datetime
    ) -> x509.CertificateBuilder:
        authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(authority_key, critical=False)
        )


@dataclass
class Loopback:
    """Every name has one public address, and that is this machine; one authority is believed."""

    port: int
    authority: Authority | None  # None: those that everybody believes
    resolved: list[str] = field(default_factory=list[str])

    async def resolve(self, host: str, port: int) -> list[str]:  # noqa: ARG002  one server for all ports
        self.resolved.append(host)
        return [PUBLIC]

    def socket_of(self, address: str, port: int) -> tuple[str, int]:  # noqa: ARG002  likewise
        return "127.0.0.1", self.port

    def trust(self) -> ssl.SSLContext:
        context = Internet().trust()
        if self.authority is not None:
            context = ssl.create_default_context(cadata=self.authority.certificate)
        return context


@dataclass
class Server:
    port: int = 0
    asked: list[str] = field(default_factory=list[str])  # what followed a handshake
    names: list[str | None] = field(default_factory=list[str | None])  # for whom a certificate was wanted


@asynccontextmanager
async def serving(context: ssl.SSLContext) -> AsyncGenerator[Server, None]:
    server = Server()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            server.asked.append(head.decode())
            writer.write(PAGE)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it went away without a word
        finally:
            writer.close()

    context.sni_callback = lambda _socket, name, _context: server.names.append(name)
    listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


async def test_the_certificate_is_checked_against_the_name(authority: Authority) -> None:
    """The socket knows an address only; the name of the URL is asked for, and it is what must match."""
    async with serving(authority.certify(NAME)) as server:
        network = Loopback(server.port, authority)
        page = await Fetcher(LIMITS, network=network).fetch(f"https://{NAME}/best")
    assert (page.problem, page.text) == ("", "It boils quickly.")
    assert network.resolved == [NAME]
    assert server.names == [NAME]
    assert f"Host: {NAME}\r\n" in server.asked[0]


@pytest.mark.parametrize("name", ["tea.example", "127.0.0.1", PUBLIC])
async def test_the_certificate_of_another_name_is_refused(authority: Authority, name: str) -> None:
    """That of the address as well: whoever holds the address does not hold the name."""
    async with serving(authority.certify(name)) as server:
        page = await Fetcher(LIMITS, network=Loopback(server.port, authority)).fetch(f"https://{NAME}/best")
    assert page.problem == f"{NAME} shows the certificate of another name, so nothing was read from it."
    assert not page.good
    assert server.asked == []


async def test_an_unknown_authority_is_refused(authority: Authority) -> None:
    """By the authorities that every real fetch believes."""
    async with serving(authority.certify(NAME)) as server:
        page = await Fetcher(LIMITS, network=Loopback(server.port, None)).fetch(f"https://{NAME}/best")
    assert page.problem == (
        f"{NAME} shows a certificate that no known authority vouches for, so nothing was read from it."
    )
    assert server.asked == []


async def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    """Though name and authority are right."""
    async with serving(authority.certify(NAME, until=timedelta(days=-1))) as server:
        page = await Fetcher(LIMITS, network=Loopback(server.port, authority)).fetch(f"https://{NAME}/best")
    assert page.problem == f"{NAME} shows a certificate that has expired, so nothing was read from it."
    assert server.asked == []
