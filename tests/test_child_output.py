"""Whatever a program writes and whoever holds its pipe: bounded memory, and an end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.specialists.child.environment import Marker, worker_environment
from adapters.specialists.child.output import Excerpt, Line, lines, run
from adapters.specialists.child.process import marked

MEGABYTE = 1024 * 1024


def place(directory: Path) -> tuple[Marker, dict[str, str]]:
    marker = Marker(os.urandom(8).hex(), "d1/1")
    return marker, worker_environment(home=str(directory), scratch=str(directory), marker=marker)


@given(st.lists(st.binary(max_size=40)), st.integers(0, 30), st.integers(0, 30))
def test_an_excerpt_is_the_beginning_and_the_end(pieces: list[bytes], head: int, tail: int) -> None:
    """However it arrives, the first and last bytes are kept, and those between are counted."""
    excerpt = Excerpt(head, tail)
    for piece in pieces:
        excerpt.feed(piece)
    whole = b"".join(pieces)
    assert excerpt.total_bytes == len(whole)
    assert excerpt.left_out_bytes == max(0, len(whole) - head - tail)
    kept = whole if len(whole) <= head + tail else whole[:head] + whole[len(whole) - tail :]
    assert len(kept) == excerpt.total_bytes - excerpt.left_out_bytes
    if not excerpt.left_out_bytes:
        assert excerpt.text() == whole.decode(errors="replace")


def test_what_was_left_out_is_said() -> None:
    """A reader never takes an excerpt for the whole."""
    excerpt = Excerpt(3, 3)
    excerpt.feed(b"abc" + b"-" * 5000 + b"xyz")
    assert excerpt.text() == "abc\n[… 5,000 bytes left out …]\nxyz"


async def test_a_flood_of_a_gigabyte_costs_no_memory(tmp_path: Path) -> None:
    """A worker that writes without end is read at full speed and kept in part."""
    _, environment = place(tmp_path)
    before = psutil.Process().memory_info().rss
    ended = await run(
        ["/usr/bin/head", "-c", "1000000000", "/dev/zero"],
        environment=environment,
        directory=str(tmp_path),
        timeout_s=60,
    )
    assert (ended.returncode, ended.stdout.total_bytes) == (0, 1_000_000_000)
    assert psutil.Process().memory_info().rss - before < 50 * MEGABYTE


async def test_a_line_of_200_megabytes_is_cut(tmp_path: Path) -> None:
    """The lines after it are read as if nothing had been."""
    flood = "import sys; w = sys.stdout.write; [w('x' * 1000000) for _ in range(200)]; w('\\nshort\\nlast')"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", flood, stdout=asyncio.subprocess.PIPE, env={}
    )
    assert process.stdout
    before = psutil.Process().memory_info().rss
    read = [line async for line in lines(process.stdout, 1000)]
    await process.wait()
    assert read == [Line("x" * 1000, 200_000_000 - 1000), Line("short"), Line("last")]
    assert psutil.Process().memory_info().rss - before < 50 * MEGABYTE


async def test_a_grandchild_that_holds_the_pipe_delays_nobody(tmp_path: Path) -> None:
    """The program's end is the end, and what it left ends too."""
    marker, environment = place(tmp_path)
    async with asyncio.timeout(10):
        ended = await run(
            ["/bin/sh", "-c", "setsid sleep 600 & echo done"],
            environment=environment,
            directory=str(tmp_path),
            timeout_s=60,
            marker=marker,
        )
    assert (ended.returncode, ended.stdout.text()) == (0, "done\n")
    assert marked(marker) == []


async def test_a_stray_that_nobody_can_find_delays_for_a_moment_only(tmp_path: Path) -> None:
    """Even with a cleaned environment and its own session it cannot keep us waiting."""
    _, environment = place(tmp_path)
    async with asyncio.timeout(10):
        ended = await run(
            ["/bin/sh", "-c", "env -i setsid sleep 600 & echo $!"],
            environment=environment,
            directory=str(tmp_path),
            timeout_s=60,
        )
    os.kill(int(ended.stdout.text()), signal.SIGKILL)


async def test_a_program_that_never_ends_is_ended(tmp_path: Path) -> None:
    """At its time the whole tree is killed, what it wrote is kept, and there is no exit code."""
    marker, environment = place(tmp_path)
    ended = await run(
        ["/bin/sh", "-c", "echo begun; sleep 600 & sleep 600"],
        environment=environment,
        directory=str(tmp_path),
        timeout_s=0.5,
        marker=marker,
    )
    assert (ended.returncode, ended.stdout.text()) == (None, "begun\n")
    assert marked(marker) == []


async def test_cancelling_ends_the_program(tmp_path: Path) -> None:
    """A child dies with its task."""
    marker, environment = place(tmp_path)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await run(
                ["/bin/sh", "-c", "sleep 600 & sleep 600"],
                environment=environment,
                directory=str(tmp_path),
                timeout_s=60,
                marker=marker,
            )
    assert marked(marker) == []


async def test_standard_input_is_given_whole(tmp_path: Path) -> None:
    """More than a pipe holds, to a program that answers while it reads."""
    _, environment = place(tmp_path)
    ended = await run(
        ["/bin/cat"],
        environment=environment,
        directory=str(tmp_path),
        timeout_s=20,
        stdin=b"y" * MEGABYTE,
    )
    assert ended.stdout.total_bytes == MEGABYTE


async def test_a_missing_program_is_an_error_and_leaks_nothing(tmp_path: Path) -> None:
    """The pipes are closed again."""
    _, environment = place(tmp_path)
    before = psutil.Process().num_fds()
    with pytest.raises(FileNotFoundError):
        await run(["/no/such"], environment=environment, directory=str(tmp_path), timeout_s=5)
    assert psutil.Process().num_fds() <= before
