"""A run cannot act as a person where a level is proven, and does not start where none is."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.specialists.child.environment import Marker, worker_environment
from adapters.specialists.child.launcher import write_launcher
from adapters.specialists.child.output import Ended, run
from adapters.specialists.sandbox import Level, Proof, Walls, choose, forget_proofs, prove, unsandboxed, wrap
from bot.errors import Reason, SpecialistError
from tests.programs import need

HONEST_CHECKS = {
    "read files of the house",
    "change files of the house",
    "see the house among the processes",
    "signal the house",
    "write outside the directory",
}


@pytest.fixture(autouse=True)
def _unproven() -> Iterator[None]:
    forget_proofs()
    yield
    forget_proofs()


@pytest.fixture
def walls(tmp_path: Path) -> Walls:
    """A project beside a house with a database and a specialist's state in its home, and a configuration."""
    for name in ("work", "home/state", "scratch"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "home/frontdesk.db").write_text("rows")
    (tmp_path / "frontdesk.toml").write_text("[frontdesk]")
    return Walls(
        directory=str(tmp_path / "work"),
        config_dir=str(tmp_path / "home/state"),
        scratch=str(tmp_path / "scratch"),
        denied=(str(tmp_path / "home"), str(tmp_path / "frontdesk.toml"), str(tmp_path / "not there")),
    )


def home(walls: Walls) -> str:
    return walls.denied[0]


def fake_bwrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """The only program on the search path is called bwrap and does ``script``."""
    directory = tmp_path / "bin"
    directory.mkdir(exist_ok=True)
    program = directory / "bwrap"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(directory))


def files(walls: Walls) -> set[str]:
    return {str(path) for path in Path(walls.directory).parent.rglob("*")}


async def inside(walls: Walls, *command: str) -> Ended:
    need("bwrap")
    environment = worker_environment(home=walls.scratch, scratch=walls.scratch, marker=Marker("test"))
    program, *arguments = command
    launcher = write_launcher(
        Path(walls.scratch, "launcher"), program, environment, sandbox=wrap(walls, program)
    )
    return await run(
        [str(launcher.path), *arguments], environment=os.environ, directory=walls.directory, timeout_s=20
    )


async def test_the_canary_fails_at_everything_in_a_strict_sandbox(walls: Walls) -> None:
    """All attempts are stopped, its own directory is writable, and it leaves no trace."""
    need("bwrap")
    before = files(walls)
    proof = await prove(Level.STRICT, walls, home=home(walls))
    assert proof.ok, proof.facts
    assert len(proof.facts) == 9
    assert not proof.acts_as_you
    assert files(walls) == before


async def test_the_canary_succeeds_where_nothing_stops_it(walls: Walls) -> None:
    """A check that cannot fail proves nothing: without a sandbox each of them does, without a trace."""
    before = files(walls)
    proof = await prove(Level.NONE, walls, home=home(walls))
    assert {fact.check for fact in proof.facts if not fact.passed} >= HONEST_CHECKS
    assert proof.acts_as_you
    assert files(walls) == before
    assert Path(home(walls), "frontdesk.db").read_text() == "rows"


@pytest.mark.claude
async def test_claude_codes_own_sandbox_is_judged_by_the_same_canary(walls: Walls) -> None:
    """The real program, its Bash and its Read tool, with our settings; as root it is found wanting."""
    need("bwrap", "socat")
    with tempfile.TemporaryDirectory() as short:
        proof = await prove(
            Level.CLAUDE, replace(walls, scratch=short), home=home(walls), claude=claude_program()
        )
    failed = {fact.check for fact in proof.facts if not fact.passed}
    assert len(proof.facts) == 9, proof.facts
    assert failed == ({"change settings of the machine"} if os.geteuid() == 0 else set())
    assert proof.ok == (not failed)
    assert not [path for path in files(walls) if "canary" in path]


async def test_claude_codes_sandbox_is_only_for_claude_code(walls: Walls) -> None:
    """Another specialist that asks for it is refused with the reason."""
    with pytest.raises(SpecialistError, match="only that specialist can use it"):
        await choose("claude", walls, home=home(walls))


async def test_auto_takes_strict_where_it_is_proven(walls: Walls) -> None:
    """The level that covers the whole program comes first."""
    need("bwrap")
    assert (await choose("auto", walls, home=home(walls))).level is Level.STRICT


@pytest.mark.parametrize("wanted", ["auto", "strict"])
async def test_without_bubblewrap_no_run_starts(
    walls: Walls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    """The refusal names the program to install and the line to write by hand instead."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        SpecialistError, match=r"bubblewrap, which is not installed.*sandbox = \"none\""
    ) as refused:
        await choose(wanted, walls, home=home(walls))
    assert refused.value.reason is Reason.SANDBOX


async def test_a_sandbox_that_cannot_start_is_named_with_its_reason(
    walls: Walls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container without user namespaces bubblewrap says so, and so do we."""
    fake_bwrap(tmp_path, monkeypatch, "echo 'bwrap: No permissions to create new namespace' >&2; exit 1")
    with pytest.raises(SpecialistError, match=r"No permissions to create new namespace.*seccomp"):
        await choose("auto", walls, home=home(walls))


async def test_a_sandbox_that_only_pretends_is_found_out(
    walls: Walls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Being installed and exiting with 0 is no proof."""
    fake_bwrap(tmp_path, monkeypatch, 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"')
    with pytest.raises(SpecialistError, match=r"read files of the house: possible: .*\.secret"):
        await choose("auto", walls, home=home(walls))


async def test_none_has_to_be_written_by_hand_and_says_what_it_means(walls: Walls) -> None:
    """It is given without a canary, and marked."""
    proof = await choose("none", walls, home=home(walls))
    assert proof == unsandboxed()
    assert proof.acts_as_you
    assert "act as you" in proof.sentence


async def test_a_proof_is_remembered_and_a_failure_is_not(
    walls: Walls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run does not pay for a canary, and who installs bubblewrap need not wait."""
    need("bwrap")
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpecialistError):
        await choose("auto", walls, home=home(walls))
    monkeypatch.setenv("PATH", path)
    proof = await choose("auto", walls, home=home(walls))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await choose("auto", walls, home=home(walls)) is proof
    forget_proofs()
    with pytest.raises(SpecialistError):
        await choose("auto", walls, home=home(walls))


@pytest.mark.parametrize("place", ["directory", "config_dir", "scratch"])
async def test_a_run_never_works_in_a_place_of_the_house(walls: Walls, place: str) -> None:
    """What is denied cannot be opened at the same time, whatever the project says."""
    need("bwrap")
    denied = Walls(walls.directory, walls.config_dir, walls.scratch, (getattr(walls, place),))
    with pytest.raises(SpecialistError, match="belongs to the house"):
        wrap(denied, sys.executable)


async def test_the_specialists_state_is_all_that_is_seen_of_the_house(walls: Walls) -> None:
    """A place inside a denied one is open, the rest of that is not there."""
    ended = await inside(walls, "/bin/sh", "-c", f"ls {home(walls)}; echo kept > {walls.config_dir}/session")
    assert ended.stdout.text() == "state\n"
    assert Path(walls.config_dir, "session").read_text() == "kept\n"


@pytest.mark.parametrize(
    "attack",
    [
        "cat {home}/frontdesk.db",
        "echo x >> {home}/frontdesk.db",
        "cat {toml}",
        "echo x > {toml}",
        "mv {toml} {work}/x && cat {work}/x",
        "umount {home} && cat {home}/frontdesk.db",
        "unshare -Urm sh -c 'umount {home} && cat {home}/frontdesk.db'",
        "unshare -Urm sh -c 'mount -o remount,rw,bind / && echo x > {outside}'",
        "mount -o remount,rw / && echo x > {outside}",
        "cat /proc/1/root/{home}/frontdesk.db",
        "test -w /proc/sys/kernel/core_pattern",
        "unshare -Upf --mount-proc test -w /proc/sys/kernel/core_pattern",
        "test -w /sys/fs/cgroup || test -w /sys/kernel/uevent_helper",
        "ln {home}/frontdesk.db {work}/x && cat {work}/x",
        "ln -s {home} {work}/link && cat {work}/link/frontdesk.db",
        "kill -0 {pid} && test -r /proc/{pid}/environ",
    ],
)
async def test_an_attack_on_the_house_fails(walls: Walls, attack: str) -> None:
    """Each line is what a hostile run could try in a shell; none succeeds and nothing changes."""
    outside = Path(walls.directory).parent / "outside"
    line = attack.format(
        home=home(walls), toml=walls.denied[1], work=walls.directory, outside=outside, pid=os.getpid()
    )
    ended = await inside(walls, "/bin/sh", "-c", line)
    assert ended.returncode not in (0, None), ended.stdout.text()
    assert "rows" not in ended.stdout.text()
    assert not outside.exists()
    assert Path(home(walls), "frontdesk.db").read_text() == "rows"
    assert Path(walls.denied[1]).read_text() == "[frontdesk]"


@pytest.mark.parametrize("name", ["hooks/pre-commit", "config"])
async def test_what_git_would_run_for_a_person_cannot_be_changed(walls: Walls, name: str) -> None:
    """Hooks and configuration of the project are read-only, commits are not."""
    git = Path(walls.directory, ".git")
    (git / "hooks").mkdir(parents=True)
    (git / "config").touch()
    ended = await inside(walls, "/bin/sh", "-c", f"touch .git/index && echo evil > .git/{name}")
    assert ended.returncode not in (0, None)
    assert (git / "index").exists()
    assert [path.read_bytes() for path in git.rglob("*") if path.is_file()] == [b"", b""]


async def test_temporary_files_are_private(walls: Walls) -> None:
    """/tmp is the run's scratch directory, and TMPDIR names the same place."""
    ended = await inside(
        walls, "/bin/sh", "-c", "echo here > /tmp/mine && cat $TMPDIR/mine && ls -A /run /var/tmp"
    )
    assert ended.stdout.text().startswith("here\n")
    assert Path(walls.scratch, "mine").read_text() == "here\n"


async def test_the_operators_own_keys_are_not_there(walls: Walls, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run cannot push, deploy or publish with what a person keeps in the home directory."""
    person = Path(walls.directory).parent / "person"
    (person / ".ssh").mkdir(parents=True)
    (person / ".ssh/id_ed25519").write_text("key")
    (person / ".netrc").write_text("key")
    (person / "notes").write_text("notes")
    monkeypatch.setenv("HOME", str(person))
    opened = Walls(walls.directory, walls.config_dir, walls.scratch, walls.denied, readable=(str(person),))
    ended = await inside(
        opened, "/bin/sh", "-c", f"cat {person}/notes {person}/.ssh/id_ed25519 {person}/.netrc"
    )
    assert ended.stdout.text() == "notes"


async def test_a_worktrees_repository_can_be_opened(walls: Walls) -> None:
    """What is named as writable is, although it lies elsewhere; its hooks are not."""
    repository = Path(walls.directory).parent / "repository.git"
    for name in ("objects", "hooks"):
        (repository / name).mkdir(parents=True)
    (repository / "HEAD").touch()
    opened = Walls(
        walls.directory, walls.config_dir, walls.scratch, walls.denied, writable=(str(repository),)
    )
    line = f"touch {repository}/objects/a && ! touch {repository}/hooks/b"
    assert (await inside(opened, "/bin/sh", "-c", line)).returncode == 0


def test_a_proof_speaks_of_the_first_failure() -> None:
    """One sentence for the card and for `doctor`."""
    proof = unsandboxed()
    assert proof.sentence == "no sandbox: Nothing separates this run from the house: it can act as you."
    assert Proof(Level.STRICT, True, ()).sentence.startswith("Sandbox strict: all")


# ── the house itself ─────────────────────────────────────────────────────────────────────────────────────

UNREADABLE = """
import ctypes, os, sys
from adapters.specialists.child.house import protect_house
if os.geteuid() == 0:
    os.setgid(65534), os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as after an exec
def child_reads():
    if (pid := os.fork()) == 0:
        ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
        try:
            os._exit(0 if os.read(os.open(f"/proc/{os.getppid()}/environ", os.O_RDONLY), 9) else 1)
        except PermissionError:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(child_reads(), protect_house(), child_reads())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="not on this system: /proc")
async def test_a_protected_house_hides_its_environment_from_its_own_user(tmp_path: Path) -> None:
    """Readable by any child before, by none after."""
    ended = await run(
        [sys.executable, "-c", UNREADABLE],
        environment={"PYTHONPATH": str(Path(__file__).parent.parent), "SECRET": "x"},
        directory=str(tmp_path),
        timeout_s=20,
    )
    assert ended.stdout.text().split() == ["0", "True", "2"], ended.stderr.text()


def claude_program() -> str:
    """The one that comes with the SDK."""
    sdk = pytest.importorskip("claude_agent_sdk", reason="not installed: claude-agent-sdk")
    places: Sequence[Path] = [Path(str(sdk.__file__)).parent / "_bundled" / "claude"]
    found = [str(place) for place in places if place.exists()]
    if not found:
        pytest.skip("not installed: the claude program of claude-agent-sdk")
    return found[0]
