"""A run that eats the machine is stopped at its limit, the whole of it, and says which one it was."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

import pytest

from adapters.specialists.child import watching
from adapters.specialists.child.channel import Channel
from adapters.specialists.child.environment import Marker, worker_environment
from adapters.specialists.child.launcher import Launcher, write_launcher
from adapters.specialists.child.output import Ended, run
from adapters.specialists.child.process import marked
from adapters.specialists.child.resources import Verdict
from bot.ports import Resources

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of a whole run need Linux's /proc")

MIB: Final = 1024 * 1024
STAY: Final = "\nimport time\nwhile True: time.sleep(0.1)"
EATS: Final = "kept = bytearray(200 * 1024 * 1024)\nfor n in range(0, len(kept), 4096): kept[n] = 1"
BURNS: Final = "while True: pass"
FORKS: Final = "import os, time\nwhile True: os.fork() or time.sleep(600); time.sleep(0.005)"
WRITES: Final = "open('large', 'wb').write(b'x' * 40 * 1024 * 1024)"
SCATTERS: Final = "import os\nfor n in range(400): open(f'small{n}', 'wb').write(b'x' * 128 * 1024)"
IN_A_CHILD: Final = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', {code!r}])" + STAY


class Program:
    """Python code in place of a specialist's program, under a supervisor with limits."""

    def __init__(self, directory: Path, resources: Resources) -> None:
        self.scratch = directory / "scratch"
        self.scratch.mkdir()
        self.marker = Marker(os.urandom(8).hex(), "d1/1")
        self.bite: Verdict | None = None
        self._launcher = self._write(resources)

    def _write(self, resources: Resources) -> Launcher:
        given = worker_environment(home=str(self.scratch), scratch=str(self.scratch), marker=self.marker)
        return write_launcher(
            self.scratch / "go",
            sys.executable,
            given,
            grace_s=0.5,
            resources=resources,
        )

    async def run(self, code: str) -> Ended:
        self._launcher.expect()
        try:
            return await run(
                [str(self._launcher.path), "-c", code],
                environment={"PATH": os.environ["PATH"]},
                directory=str(self.scratch),
                timeout_s=60,
                marker=self.marker,
            )
        finally:
            self.bite = self._launcher.bite()
            self._launcher.remove()


@pytest.mark.parametrize(
    ("limit", "code", "resources"),
    [
        ("memory", EATS + STAY, Resources(memory_bytes=100 * MIB)),
        ("memory", IN_A_CHILD.format(code=EATS + STAY), Resources(memory_bytes=100 * MIB)),
        ("cpu", BURNS, Resources(cpu_s=1)),
        ("cpu", IN_A_CHILD.format(code=BURNS), Resources(cpu_s=1)),
        ("processes", FORKS, Resources(processes=40)),
        ("scratch", WRITES + STAY, Resources(scratch_bytes=20 * MIB)),
        ("scratch", SCATTERS + STAY, Resources(scratch_bytes=20 * MIB)),
    ],
)
async def test_what_passes_a_limit_is_stopped_and_named(
    tmp_path: Path, limit: str, code: str, resources: Resources
) -> None:
    """complaints row 10: it would go on for ever; it ends with all its processes, and the limit is known."""
    program = Program(tmp_path, resources)
    ended = await program.run(code)
    assert ended.returncode not in (None, 0)
    assert program.bite is not None
    assert program.bite.limit == limit
    assert marked(program.marker) == []


async def test_a_program_may_say_goodbye_while_what_ate_the_memory_is_gone(tmp_path: Path) -> None:
    """The tools die at once, the program itself has its grace to write down where it was."""
    code = (
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: (open('state', 'w').write('kept'), sys.exit(3)))\n"
        + IN_A_CHILD.format(code=EATS + STAY)
    )
    program = Program(tmp_path, Resources(memory_bytes=100 * MIB))
    assert (await program.run(code)).returncode == 3
    assert (program.scratch / "state").read_text() == "kept"


async def test_memory_that_processes_share_counts_once(tmp_path: Path) -> None:
    """Ten forks of one large process use it together: no limit is passed."""
    code = EATS.replace("200", "60") + (
        "\nimport os, time\nchildren = [os.fork() or time.sleep(1.5) or os._exit(0) for _ in range(9)]\n"
        "for child in children: os.waitpid(child, 0)"
    )
    program = Program(tmp_path, Resources(memory_bytes=300 * MIB))
    assert (await program.run(code)).returncode == 0
    assert program.bite is None


async def test_one_file_and_open_files_are_errors_that_the_program_reads(tmp_path: Path) -> None:
    """The kernel refuses; the program lives, and its own words name what was refused."""
    code = (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"try: {WRITES}\nexcept OSError as error: print(error.strerror)\n"
        "try: files = [open('/dev/null') for _ in range(100)]\nexcept OSError as error: print(error.strerror)"
    )
    program = Program(tmp_path, Resources(file_bytes=MIB, open_files=50))
    ended = await program.run(code)
    assert ended.stdout.text().splitlines() == ["File too large", "Too many open files"]
    assert (ended.returncode, program.bite) == (0, None)


async def test_an_honest_run_meets_no_limit(tmp_path: Path) -> None:
    """Everything below every limit: nothing is stopped, nothing is noted."""
    most = Resources(400 * MIB, 30, 20, 20 * MIB, 20 * MIB, 100)
    program = Program(tmp_path, most)
    ended = await program.run("import time; open('a', 'w').write('a'); time.sleep(1.2)")
    assert (ended.returncode, program.bite) == (0, None)


FORGES: Final = """
import json, os, socket, sys, time
go = os.path.join({scratch!r}, "go")
def lie():
    line = socket.socket(socket.AF_UNIX)
    line.connect("\\0" + json.load(open(go + ".plan"))["channel"])
    line.send(json.dumps({{"limit": "memory", "most": 1.0}}).encode())
for leaves in (False, True):
    if leaves and os.fork():
        time.sleep(0.5)
        break
    try:
        lie()
    except OSError as error:
        print(error.strerror, flush=True)
"""


async def test_a_run_cannot_claim_that_a_limit_ended_it(tmp_path: Path) -> None:
    """It knows the address, itself and as an orphan: nobody listens there once its supervisor has called."""
    program = Program(tmp_path, Resources(memory_bytes=2000 * MIB))
    ended = await program.run(FORGES.format(scratch=str(program.scratch)))
    assert ended.returncode == 0
    assert set(ended.stdout.text().splitlines()) == {"Connection refused"}
    assert program.bite is None


async def test_another_run_cannot_speak_for_this_one(tmp_path: Path) -> None:
    """Who calls first and is no child of the house is not heard, and does not take the supervisor's place."""
    channel = Channel()
    channel.listen()
    talk = (
        "import socket, sys\nline = socket.socket(socket.AF_UNIX)\n"
        "line.connect('\\0' + sys.argv[1])\nline.send(b'{}')\nline.recv(1)"
    )
    call = [sys.executable, "-c", talk, channel.address]
    try:
        stranger = ["/bin/sh", "-c", '"$@"; exit 0', "sh", *call]
        await run(stranger, environment={}, directory=str(tmp_path), timeout_s=20)
        assert channel.last_word() == b""
        child = await asyncio.create_subprocess_exec(*call)
        async with asyncio.timeout(20):
            while not channel.last_word():  # noqa: ASYNC110 - the kernel sets no event
                await asyncio.sleep(0.01)
    finally:
        channel.close()
    assert await child.wait() == 0


def test_a_verdict_that_cannot_be_understood_is_none() -> None:
    """Half a word is no reason, and a limit nobody knows is not shown to people."""
    for word in (b"", b"{", b"\xff", b"[]", b"null", b'{"limit": "memory"}', b'{"limit": "moon", "most": 1}'):
        assert Verdict.parse(word) is None


@pytest.mark.parametrize(
    ("verdict", "words", "setting"),
    [
        (Verdict("memory", 4096 * MIB), "4,096 MB of memory", "max_memory_mb"),
        (Verdict("cpu", 14_400), "14,400 s of processor time", "max_cpu_s"),
        (Verdict("processes", 500), "500 processes", "max_processes"),
        (Verdict("scratch", 20 * MIB), "20 MB of temporary files", "max_scratch_mb"),
    ],
)
def test_the_sentence_names_the_limit_and_the_setting(verdict: Verdict, words: str, setting: str) -> None:
    """Who reads it knows what happened and which line allows more."""
    sentence = verdict.sentence("shop")
    assert words in sentence
    assert f"raise {setting} in [projects.shop] of frontdesk.toml" in sentence


def test_a_directory_is_counted_only_until_it_is_too_large(tmp_path: Path) -> None:
    """Links are not followed, what is closed or gone counts nothing, and counting ends in time."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/file").write_bytes(b"x" * 100_000)
    (tmp_path / "up").symlink_to("/")
    assert 100_000 <= watching.disk_bytes(str(tmp_path), 10 * MIB) < 200_000
    assert watching.disk_bytes(str(tmp_path), 1000) > 1000
    assert watching.disk_bytes(str(tmp_path / "gone"), 1000) == 0
