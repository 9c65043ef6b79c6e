"""What a program writes is read with bounded memory, whatever it writes and whoever holds its pipe."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import identify, kill_tree

_CHUNK_BYTES: Final = 64 * 1024
_LINGER_S: Final = 1.0  # for what is still in the pipe when the program has ended


class Excerpt:
    """The beginning and the end of a stream, and how much there was; never more than both in memory."""

    def __init__(self, head_bytes: int = 16 * 1024, tail_bytes: int = 48 * 1024) -> None:
        self.total_bytes = 0
        self._head_bytes = head_bytes
        self._tail_bytes = tail_bytes
        self._head = bytearray()
        self._tail = bytearray()

    def feed(self, data: bytes) -> None:
        self.total_bytes += len(data)
        room = self._head_bytes - len(self._head)
        self._head += data[:room]
        self._tail += data[room:][-self._tail_bytes :] if self._tail_bytes else b""
        del self._tail[: max(0, len(self._tail) - self._tail_bytes)]

    @property
    def left_out_bytes(self) -> int:
        return self.total_bytes - len(self._head) - len(self._tail)

    def text(self) -> str:
        """As UTF-8, with one line in place of what was left out."""
        gap = f"\n[… {self.left_out_bytes:,} bytes left out …]\n".encode() if self.left_out_bytes else b""
        return bytes(self._head + gap + self._tail).decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end; ``cut_bytes`` of it were not kept."""

    text: str
    cut_bytes: int = 0


async def lines(stream: asyncio.StreamReader, max_bytes: int) -> AsyncIterator[Line]:
    """The lines of ``stream``, each cut at ``max_bytes``; a last one without an end counts."""
    kept, cut = bytearray(), 0
    while chunk := await stream.read(_CHUNK_BYTES):
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            cut += _keep(kept, piece, max_bytes)
            yield Line(kept.decode(errors="replace"), cut)
            kept, cut = bytearray(), 0
        cut += _keep(kept, rest, max_bytes)
    if kept or cut:
        yield Line(kept.decode(errors="replace"), cut)


def _keep(kept: bytearray, piece: bytes, max_bytes: int) -> int:
    room = max(0, max_bytes - len(kept))
    kept += piece[:room]
    return max(0, len(piece) - room)


async def drain(stream: asyncio.StreamReader, excerpt: Excerpt) -> None:
    """Read to the end, keeping only an excerpt."""
    while chunk := await stream.read(_CHUNK_BYTES):
        excerpt.feed(chunk)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended. ``returncode`` is negative for a signal, None when its time was up."""

    returncode: int | None
    stdout: Excerpt
    stderr: Excerpt


async def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: str,
    timeout_s: float,
    stdin: bytes = b"",
    marker: Marker | None = None,
) -> Ended:
    """Run a program to its end, or kill its whole tree after ``timeout_s``; cancelling kills it too.

    With ``marker`` (which its environment carries) it also ends what left the tree. Raises OSError when the
    program cannot be started.
    """
    out, err = Excerpt(), Excerpt()
    async with AsyncExitStack() as stack:
        given = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        given.write(stdin)
        given.seek(0)
        reading = [await stack.enter_async_context(_pipe_into(excerpt)) for excerpt in (out, err)]
        process = await asyncio.create_subprocess_exec(
            *command,
            env=dict(environment),
            cwd=directory,
            stdin=given,
            stdout=reading[0].writer,
            stderr=reading[1].writer,
            start_new_session=True,
        )
        identity = identify(process.pid)
        in_time = False
        try:
            async with asyncio.timeout(timeout_s):
                await process.wait()
            in_time = True
        except TimeoutError:
            pass
        finally:
            await kill_tree(identity, 0, marker)
        await process.wait()
        for pipe in reading:
            pipe.close_writer()
        await asyncio.wait([pipe.task for pipe in reading], timeout=_LINGER_S)
    return Ended(process.returncode if in_time else None, out, err)


@dataclass(slots=True)
class _Pipe:
    """Ours and not asyncio's, whose ``wait`` does not return while a grandchild holds one."""

    writer: int
    task: asyncio.Task[None]

    def close_writer(self) -> None:
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1


@asynccontextmanager
async def _pipe_into(excerpt: Excerpt) -> AsyncGenerator[_Pipe]:
    read_end, write_end = os.pipe()
    stream = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(read_end, "rb", 0)
    )
    pipe = _Pipe(write_end, asyncio.create_task(drain(stream, excerpt)))
    try:
        yield pipe
    finally:
        pipe.task.cancel()
        await asyncio.wait([pipe.task])
        pipe.close_writer()
        transport.close()
        await asyncio.sleep(0)  # the loop closes the descriptor in its next round
