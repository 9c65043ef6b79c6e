"""Answers that no honest page gives: they drip, swell or never end."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from adapters.rehearsal.wire import Answer

HTML: Final = {"Content-Type": "text/html"}
BLOCK: Final = bytes(1_000_000)
BOMB_BLOCKS: Final = 200
"""Megabytes that come out of some two hundred kilobytes."""


async def drip() -> Answer:
    async def bytes_one_by_one() -> AsyncIterator[bytes]:
        while True:
            yield b"."
            await asyncio.sleep(0.05)

    return Answer(200, HTML, bytes_one_by_one())


async def bomb() -> Answer:
    return Answer(200, HTML | {"Content-Encoding": "gzip"}, _packed())


async def _packed() -> AsyncIterator[bytes]:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    for _ in range(BOMB_BLOCKS):
        if piece := packer.compress(BLOCK):
            yield piece
    yield packer.flush()


async def endless() -> Answer:
    async def blocks() -> AsyncIterator[bytes]:
        while True:
            yield BLOCK

    return Answer(200, HTML, blocks())


async def huge_header() -> Answer:
    return Answer(200, HTML | {"X-Long": "x" * 2_000_000}, _words(b"<p>after a long header</p>"))


async def strange_packing() -> Answer:
    return Answer(200, HTML | {"Content-Encoding": "br"}, _words(b"not brotli"))


async def cut_off() -> Answer:
    return Answer(200, HTML, _words(b"<p>half a page"), length=1_000)


async def _words(words: bytes) -> AsyncIterator[bytes]:
    yield words


TRAPS: Final[dict[str, Callable[[], Awaitable[Answer]]]] = {
    "/drip": drip,
    "/bomb": bomb,
    "/endless": endless,
    "/huge-header": huge_header,
    "/strange-packing": strange_packing,
    "/cut-off": cut_off,
}
"""Under evil.example."""
