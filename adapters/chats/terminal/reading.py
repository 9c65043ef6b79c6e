"""Lines from a pipe, a file or a script, without ever holding up the event loop or the end of the process."""

from __future__ import annotations

import asyncio
import codecs
import io
import os
import threading
from collections.abc import AsyncIterator
from typing import Final, TextIO

MOST_LINE_CHARS: Final = 4 * 1024 * 1024
"""A longer line comes in several messages."""

_CHUNK_BYTES: Final = 64 * 1024
_CHUNKS_AHEAD: Final = 16


async def lines(stdin: TextIO) -> AsyncIterator[str]:
    """Every line without its end; bytes that are no UTF-8 become question marks."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    held = ""
    async for chunk in _chunks(stdin):
        held += decoder.decode(chunk)
        *whole, held = held.split("\n")
        for line in whole:
            for start in range(0, max(len(line), 1), MOST_LINE_CHARS):
                yield line[start : start + MOST_LINE_CHARS].removesuffix("\r")
        while len(held) > MOST_LINE_CHARS:
            yield held[:MOST_LINE_CHARS]
            held = held[MOST_LINE_CHARS:]
    held += decoder.decode(b"", final=True)
    if held:
        yield held


async def _chunks(stdin: TextIO) -> AsyncIterator[bytes]:
    try:
        fd = stdin.fileno()
    except (io.UnsupportedOperation, AttributeError):
        yield stdin.read().encode(errors="replace")
        return
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(_CHUNKS_AHEAD)
    # A daemon thread, because nothing can interrupt a read: the process must be able to end beneath it.
    threading.Thread(target=_read, args=(fd, loop, arrived, room), daemon=True, name="stdin").start()
    while chunk := await arrived.get():
        room.release()
        yield chunk


def _read(
    fd: int, loop: asyncio.AbstractEventLoop, arrived: asyncio.Queue[bytes], room: threading.Semaphore
) -> None:
    while True:
        room.acquire()
        try:
            chunk = os.read(fd, _CHUNK_BYTES)
        except OSError:  # a terminal that went away
            chunk = b""
        try:
            loop.call_soon_threadsafe(arrived.put_nowait, chunk)
        except RuntimeError:  # the loop has ended
            return
        if not chunk:
            return
