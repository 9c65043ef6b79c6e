"""Process trees end whole, and never anybody else's."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from adapters.specialists.child import process as processes
from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import Identity, alive, descendants, identify, kill_tree, marked, reap
from tests.programs import ORPHANS, need, output_ends, ready, started

SLEEP = ["/bin/sleep", "600"]
POLITE = "trap 'echo goodbye; exit 0' TERM; echo ready; while :; do sleep 600 & wait; done"


@pytest.fixture
async def marker() -> AsyncGenerator[Marker]:
    """A run of a house that nobody else has."""
    own = Marker(os.urandom(8).hex(), "d1/1")
    yield own
    assert marked(Marker(own.house)) == []


async def test_an_identity_survives_as_json(marker: Marker) -> None:
    """What is stored in a row names the same process after a restart of the house."""
    async with started(SLEEP, marker) as process:
        identity = identify(process.pid)
        assert identity
        assert Identity.from_json(identity.to_json()) == identity
        assert alive(identity)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": "x", "started": "1", "boot": "b"}'])
def test_what_is_no_identity_is_refused(text: str) -> None:
    """A damaged row is an error, not a process to kill."""
    with pytest.raises(ValueError):
        Identity.from_json(text)


@pytest.mark.parametrize("other", [{"started": "1"}, {"boot": "another"}])
async def test_a_pid_that_was_used_again_is_left_alone(marker: Marker, other: dict[str, str]) -> None:
    """Another start time or another boot is another process."""
    async with started(SLEEP, marker) as process:
        identity = identify(process.pid)
        assert identity
        earlier = replace(identity, **other)
        assert not alive(earlier)
        assert await kill_tree(earlier, 0) == ()
        assert alive(identity)


def test_a_zombie_is_not_alive() -> None:
    """Dead but not yet waited for counts as dead, else ending it would never end."""
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert identify(pid) is None
    os.waitpid(pid, 0)


async def test_a_tree_ends_with_all_that_left_it(marker: Marker) -> None:
    """Who ignores being asked, and who left session and parents behind, is killed all the same."""
    async with started([*ORPHANS, "deaf"], marker) as process:
        child, leaver, stranger = await ready(process)
        identity = identify(process.pid)
        assert identity
        assert child in descendants(identity)
        assert leaver in marked(marker)
        assert await kill_tree(identity, 0.1, marker) == ()
        assert not any(map(alive, (identity, child, leaver)))
        assert alive(stranger)  # outside any sandbox only its supervisor could know it
        await kill_tree(stranger, 0)
        await output_ends(process)


async def test_a_program_gets_its_grace(marker: Marker) -> None:
    """Being asked comes before being killed."""
    async with started(["/bin/sh", "-c", POLITE], marker) as process:
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
        assert await kill_tree(identify(process.pid), 10, marker) == ()
        assert await process.stdout.readline() == b"goodbye\n"


async def test_cancelling_the_wait_kills_at_once(marker: Marker) -> None:
    """A house that has no more time leaves nothing behind."""
    async with started([*ORPHANS, "deaf"], marker) as process:
        *_, stranger = await ready(process)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await kill_tree(identify(process.pid), 600, marker)
        await kill_tree(stranger, 0)
        await output_ends(process)


async def test_we_never_end_ourselves(marker: Marker) -> None:
    """Not even when we carry the marker, or are asked to by our own identity."""
    ourselves = (
        "import asyncio, os; from adapters.specialists.child.environment import Marker\n"
        "from adapters.specialists.child.process import identify, kill_tree, reap\n"
        f"other = os.posix_spawn({SLEEP[0]!r}, {SLEEP!r}, dict(os.environ))\n"
        f"print(len(asyncio.run(reap(Marker({marker.house!r})))), os.waitpid(other, 0)[1] > 0)\n"
        f"other = os.posix_spawn({SLEEP[0]!r}, {SLEEP!r}, dict())\n"
        "print(asyncio.run(kill_tree(identify(os.getpid()), 0)), identify(other) is not None)\n"
        "os.kill(other, 9)"
    )
    async with started([sys.executable, "-c", ourselves], marker) as process:
        assert process.stdout
        async with asyncio.timeout(20):
            assert (await process.stdout.read()).split() == [b"1", b"True", b"()", b"True"]


async def test_reaping_ends_what_an_earlier_house_left_and_nothing_of_another(marker: Marker) -> None:
    """All runs of the house are found without their rows; another house on the machine goes on."""
    other = Marker(marker.house[::-1], marker.run)
    async with started(SLEEP, marker) as ours, started(SLEEP, other) as theirs:
        expected, untouched = identify(ours.pid), identify(theirs.pid)
        assert untouched
        assert await reap(Marker(marker.house)) == (expected,)
        assert alive(untouched)
        assert await reap(Marker(marker.house)) == ()


def test_ps_and_proc_show_the_same_tree() -> None:
    """The way for systems without /proc finds our own parent and name too."""
    need("ps")
    from_ps = processes._table_of_ps()[os.getpid()]  # pyright: ignore[reportPrivateUsage] - the other platform's way
    here = processes.table()[os.getpid()]
    assert (from_ps.parent, from_ps.identity.boot) == (here.parent, here.identity.boot)
    assert from_ps.identity.started
