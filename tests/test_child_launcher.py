"""A program gets exactly its environment, and neither it nor its strays outlive the house."""

from __future__ import annotations

import json
import os
import shlex
import signal
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.specialists.child.environment import Marker, worker_environment
from adapters.specialists.child.launcher import Launcher, write_launcher
from adapters.specialists.child.output import Ended, run
from adapters.specialists.child.process import alive, descendants, identify, kill_tree, marked
from adapters.specialists.sandbox import Walls, wrap
from tests.programs import ROOT, need, none_left, output_ends, ready, started

SECRET = "sk-planted-credential"
HOUSE = """
import asyncio, sys
from adapters.specialists.child.launcher import write_launcher
async def house(path, environment, sandbox):
    launcher = write_launcher(path, sys.executable, environment, sandbox=sandbox, grace_s=0.2)
    process = await asyncio.create_subprocess_exec(launcher.path, "-m", "adapters.rehearsal.orphans", "deaf")
    await process.wait()
asyncio.run(house({path!r}, {environment!r}, {sandbox!r}))
"""


@pytest.fixture
def marker() -> Marker:
    return Marker(os.urandom(8).hex(), "d1/1")


def environment(directory: Path, marker: Marker) -> dict[str, str]:
    given = worker_environment(
        home=str(directory), scratch=str(directory), marker=marker, credential={"ANTHROPIC_API_KEY": SECRET}
    )
    return given | {"PYTHONPATH": str(ROOT)}


async def launch(launcher: Launcher, arguments: Sequence[str], house: dict[str, str] | None = None) -> Ended:
    return await run(
        [str(launcher.path), *arguments],
        environment={"PATH": os.environ["PATH"], **(house or {})},
        directory=str(launcher.path.parent),
        timeout_s=20,
        stdin=b"",
    )


async def test_nothing_of_the_house_reaches_the_program(tmp_path: Path, marker: Marker) -> None:
    """Whatever the launcher is started with, the program sees its own and what was let through."""
    given = environment(tmp_path, marker)
    launcher = write_launcher(tmp_path / "go", "/usr/bin/env", given, passed=["SDK_VERSION", "NOT_SET"])
    house = {"SLACK_BOT_TOKEN": "xoxb", "ANTHROPIC_API_KEY": "of the house", "SDK_VERSION": "1 '\"$x\n2"}
    ended = await launch(launcher, ["-0"], house)
    seen = dict(entry.split("=", 1) for entry in ended.stdout.text().split("\0") if entry)
    assert seen == given | {"SDK_VERSION": house["SDK_VERSION"]}


async def test_the_credential_stands_in_no_argument_list(tmp_path: Path, marker: Marker) -> None:
    """Only the program itself carries it: not its supervisor, and nobody in what `ps` shows."""
    launcher = write_launcher(tmp_path / "go", "/bin/cat", environment(tmp_path, marker))
    async with started([str(launcher.path)], marker, {**os.environ, "SLACK_BOT_TOKEN": SECRET}) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"here\n")
        assert await process.stdout.readline() == b"here\n"
        supervisor = identify(process.pid)
        assert supervisor
        (program,) = descendants(supervisor)
        for pid in (supervisor.pid, program.pid):
            assert SECRET.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert SECRET.encode() not in Path(f"/proc/{supervisor.pid}/environ").read_bytes()
        assert SECRET.encode() in Path(f"/proc/{program.pid}/environ").read_bytes()
        assert {supervisor, program} == set(marked(marker))


def test_its_files_are_ours_alone(tmp_path: Path, marker: Marker) -> None:
    """0700 and 0600 whatever the umask, also when an older file was there; removing twice is harmless."""
    before = os.umask(0)
    try:
        (tmp_path / "go.plan").touch(mode=0o666)
        launcher = write_launcher(tmp_path / "go", "/bin/true", environment(tmp_path, marker))
    finally:
        os.umask(before)
    assert stat.S_IMODE(launcher.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(launcher.plan.stat().st_mode) == 0o600
    launcher.remove()
    launcher.remove()
    assert list(tmp_path.iterdir()) == []


async def test_arguments_arrive_as_they_were_given(tmp_path: Path, marker: Marker) -> None:
    """Spaces, quotes, line ends, leading dashes and an empty one."""
    arguments = ["-c", "a b", "", "--version", "$HOME `id` ; \"'\n\\", "@file", "ü"]
    launcher = write_launcher(tmp_path / "go", sys.executable, environment(tmp_path, marker))
    show = ["-c", "import json, sys; print(json.dumps(sys.argv[1:]))", *arguments]
    ended = await launch(launcher, show)
    assert json.loads(ended.stdout.text()) == arguments


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -signal.SIGKILL), ("kill $$", -signal.SIGTERM)],
)
async def test_the_end_of_the_program_is_the_launchers(
    tmp_path: Path, marker: Marker, script: str, code: int
) -> None:
    """Exit codes and signals are seen as if nobody stood between."""
    launcher = write_launcher(tmp_path / "go", "/bin/sh", environment(tmp_path, marker))
    assert (await launch(launcher, ["-c", script])).returncode == code


async def test_a_program_that_is_not_there_says_so(tmp_path: Path, marker: Marker) -> None:
    """Its name stands in what it wrote to standard error."""
    launcher = write_launcher(tmp_path / "go", "/no/such/program", environment(tmp_path, marker))
    ended = await launch(launcher, [])
    assert ended.returncode == 127
    assert "/no/such/program cannot be started: No such file" in ended.stderr.text()


async def test_a_program_starts_with_ordinary_signals_and_without_core_dumps(
    tmp_path: Path, marker: Marker
) -> None:
    """What our Python ignores is not ignored by the program."""
    launcher = write_launcher(tmp_path / "go", "/bin/sh", environment(tmp_path, marker))
    ended = await launch(launcher, ["-c", "ulimit -c; grep SigIgn /proc/self/status"])
    core, ignored = ended.stdout.text().splitlines()
    assert core == "0"
    own_of_libc = 0b11 << 31  # signals 32 and 33 cannot be set by a program
    assert int(ignored.split()[1], 16) & ~own_of_libc == 0


async def test_only_who_wrote_it_can_start_it(tmp_path: Path, marker: Marker) -> None:
    """Started by another process it ends at once: it would not die with the house."""
    launcher = write_launcher(tmp_path / "go", "/bin/echo", environment(tmp_path, marker))
    ended = await run(
        ["/bin/sh", "-c", f"{shlex.quote(str(launcher.path))} started; echo $?"],
        environment=dict(os.environ),
        directory=str(tmp_path),
        timeout_s=20,
    )
    assert ended.stdout.text() == f"{128 + signal.SIGTERM}\n"


async def test_what_the_program_leaves_ends_with_it(tmp_path: Path, marker: Marker) -> None:
    """A grandchild in its own session with an empty environment neither lives on nor holds our pipe."""
    launcher = write_launcher(tmp_path / "go", "/bin/sh", environment(tmp_path, marker))
    ended = await launch(launcher, ["-c", "env -i setsid sleep 600 & echo $!"])
    assert ended.returncode == 0
    assert identify(int(ended.stdout.text())) is None


async def test_asking_the_launcher_ends_everything(tmp_path: Path, marker: Marker) -> None:
    """A program that is deaf gets its grace and no more."""
    given = environment(tmp_path, marker)
    launcher = write_launcher(tmp_path / "go", sys.executable, given, grace_s=0.2)
    command = [str(launcher.path), "-m", "adapters.rehearsal.orphans", "deaf"]
    async with started(command, marker) as process:
        family = await ready(process)
        assert len(family) == 3
        process.terminate()
        assert await process.wait() == -signal.SIGKILL
        assert not any(map(alive, family))


async def test_ending_the_tree_reaches_even_a_stranger(tmp_path: Path, marker: Marker) -> None:
    """The supervisor has adopted whatever left the tree, so the tree is whole again."""
    launcher = write_launcher(tmp_path / "go", sys.executable, environment(tmp_path, marker), grace_s=0.2)
    async with started([str(launcher.path), "-m", "adapters.rehearsal.orphans"], marker) as process:
        family = await ready(process)
        assert await kill_tree(identify(process.pid), 0) == ()
        assert not any(map(alive, family))


async def test_a_sandboxed_program_gets_its_grace_too(tmp_path: Path, marker: Marker) -> None:
    """It is asked itself; the sandbox around it would end it at once."""
    need("bwrap")
    sandbox = wrap(walls_in(tmp_path), "/bin/sh")
    launcher = write_launcher(tmp_path / "go", "/bin/sh", environment(tmp_path, marker), sandbox=sandbox)
    polite = "trap 'echo goodbye; exit 3' TERM; echo ready; while :; do sleep 600 & wait; done"
    async with started([str(launcher.path), "-c", polite], marker) as process:
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
        process.terminate()
        assert await process.stdout.read() == b"goodbye\n"
        assert await process.wait() == 3


def walls_in(directory: Path) -> Walls:
    places = [directory / name for name in ("work", "state", "scratch")]
    for place in places:
        place.mkdir()
    return Walls(*map(str, places), denied=(), readable=(str(ROOT),))


@pytest.mark.parametrize("level", ["none", "strict"])
async def test_nothing_outlives_a_killed_house(tmp_path: Path, marker: Marker, level: str) -> None:
    """SIGKILL of the house ends children, setsid grandchildren and those with an empty environment."""
    if level == "strict":
        need("bwrap")
    sandbox = list(wrap(walls_in(tmp_path), sys.executable)) if level == "strict" else []
    given = environment(tmp_path, marker)
    house = HOUSE.format(path=str(tmp_path / "go"), environment=given, sandbox=sandbox)
    own = Marker(marker.house, "the house itself")
    async with started(
        [sys.executable, "-c", house], own, {**os.environ, "PYTHONPATH": str(ROOT)}
    ) as process:
        assert process.stdout
        assert (await process.stdout.readline()).startswith(b"ready")
        assert len(marked(marker)) >= 3
        process.kill()
        await output_ends(process)
        await none_left(marker)
