"""Stays beside the program of a run, so that nothing of it outlives the program or the house.

Run by path as ``python -I -S supervisor.py PLAN [argument ...]``, so it imports nothing but the standard
library and its neighbour ``watching``. PLAN is the JSON file that ``launcher`` writes. What the program
leaves behind (setsid, dead parents, a cleaned environment) becomes the supervisor's child; it waits for all
of it, and ends all of it when the program ends, when it is asked to, when the house dies, and when a limit of
the run is passed.

    house ── supervisor ── (sandbox) ── program ── tools …
                  └─ (adopted) whatever lost its parent
"""

from __future__ import annotations

import _socket  # what `socket` is made of, without the time its import takes
import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Any, Final, NoReturn

if __name__ == "__main__":  # started by path and isolated, so nothing but this says where we are
    sys.path.append(__file__.rpartition("/adapters/")[0])

from adapters.specialists.child import watching
from adapters.specialists.child.watching import Watch

PR_SET_PDEATHSIG: Final = 1
PR_SET_CHILD_SUBREAPER: Final = 36
LINUX: Final = sys.platform == "linux"
KILL_ROUNDS: Final = 50
LOOK_AGAIN_S: Final = None if LINUX else 1.0  # elsewhere nothing tells us that the house died


def main(plan_file: str, arguments: list[str]) -> NoReturn:
    with open(plan_file, encoding="utf-8") as file:  # noqa: PTH123 - pathlib doubles the start-up time
        plan: dict[str, Any] = json.load(file)
    passed = {name: os.environ[name] for name in plan["passed"] if name in os.environ}
    environment: dict[str, str] = plan["environment"] | passed
    command: list[str] = [*plan["command"], *arguments]
    die_with(plan["house"], signal.SIGTERM)
    limit_resources(plan["rlimits"])
    leave_terminal()
    watch = Watch(os.getpid(), plan["limits"], plan["scratch"])
    line = call_house(plan["channel"]) if plan["limits"] else None
    exit_like(supervise(command, environment, plan, watch, line))


def call_house(channel: str) -> _socket.socket | None:
    """A line of our own to the house, which no program inherits; None when nobody listens."""
    if not LINUX:
        return None
    line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        line.connect(f"\0{channel}")
    except OSError:
        return None
    line.setblocking(False)
    return line


def die_with(parent: int, number: int) -> None:
    """Get ``number`` when ``parent`` dies; leave now if it already has.

    Linux ties this to the parent's *thread* that started us: it must be one that lives as long as the house.
    """
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(128 + signal.SIGTERM)


def limit_resources(most: dict[str, int]) -> None:
    """Of each single process, and never more than we have ourselves: no core dumps, no endless file.

    Memory is not among them: runtimes reserve far more than they use, and Node aborts.
    """
    for name, wanted in {"RLIMIT_CORE": 0, **most}.items():
        number = getattr(resource, name)
        _, hard = resource.getrlimit(number)
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(number, (allowed, allowed))


def leave_terminal() -> None:
    """Ctrl-C in the house's terminal is the house's matter."""
    if os.getpid() != os.getpgrp():
        os.setsid()


def execute(command: list[str], environment: dict[str, str]) -> NoReturn:
    """Become ``command``; Python's own signal settings would otherwise be inherited."""
    for number in signal.valid_signals():  # also what was ignored before us, as nohup and `&` do
        if signal.getsignal(number) != signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
    try:
        os.execve(command[0], command, environment)  # noqa: S606 - no shell on purpose
    except OSError as refused:
        os.write(2, f"{command[0]} cannot be started: {refused.strerror}\n".encode())
        os._exit(127)


def supervise(
    command: list[str],
    environment: dict[str, str],
    plan: dict[str, Any],
    watch: Watch,
    line: _socket.socket | None,
) -> int:
    """Start the program and stay until it has ended and nothing of it is left; returns its wait status."""
    asked: list[int] = []
    ears = listen(asked)
    program = start(command, environment)
    detach_pipes()
    statuses: dict[int, int] = {}
    kill_at: float | None = None
    while program not in reap(statuses):
        left_s = soonest(LOOK_AGAIN_S, watch.rest_s) if kill_at is None else kill_at - time.monotonic()
        if left_s is not None and kill_at is not None and left_s <= 0:
            break
        if select.select([ears], [], [], left_s)[0]:
            os.read(ears, 4096)
        if kill_at is None and (asked or os.getppid() != plan["house"] or bitten(watch, line, program, plan)):
            for number in (signal.SIGTERM, signal.SIGCONT):
                signal_quietly(innermost(program, plan["layers"]), number)
            kill_at = time.monotonic() + plan["grace_s"]
    end_all(statuses)
    return statuses.get(program, signal.SIGKILL)


def soonest(*times_s: float | None) -> float | None:
    return min((time_s for time_s in times_s if time_s is not None), default=None)


def bitten(watch: Watch, line: _socket.socket | None, program: int, plan: dict[str, Any]) -> bool:
    """Whether a limit was passed: the house is told, and only the program itself is left, to say goodbye."""
    bite = watch.look()
    if bite is None:
        return False
    if line is not None:
        with suppress(OSError):  # the house is gone, and so are we soon
            line.send(json.dumps(bite._asdict()).encode())
    kill_below(program, plan["layers"])
    return True


def kill_below(program: int, layers: int) -> None:
    """All but the program and the sandbox around it; it is left frozen, so that it starts no others."""
    kept = [program, *(innermost(program, depth) for depth in range(1, layers + 1))]
    signal_quietly(kept[-1], signal.SIGSTOP)
    for _ in range(KILL_ROUNDS):
        run = watching.below(os.getpid(), watching.table())
        rest = [process.pid for process in run if process.pid not in kept]
        if not rest:
            return
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in rest:
                signal_quietly(pid, number)


def listen(asked: list[int]) -> int:
    """Readable with every signal; those that ask us to end are noted in ``asked``."""

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    ears, mouth = os.pipe()
    os.set_blocking(mouth, False)
    signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, note)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    return ears


def start(command: list[str], environment: dict[str, str]) -> int:
    """The program's pid. It is killed with us, and its orphans become ours."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    own = os.getpid()
    if child := os.fork():
        return child
    signal.set_wakeup_fd(-1)
    die_with(own, signal.SIGKILL)
    execute(command, environment)


def detach_pipes() -> None:
    """Let go of the program's pipes, so that whoever reads them sees their end when the program ends."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


def reap(statuses: dict[int, int]) -> dict[int, int]:
    """Add the wait statuses of all children, own and adopted, that have ended."""
    with suppress(ChildProcessError):
        take_ended(statuses)
    return statuses


def take_ended(statuses: dict[int, int]) -> None:
    """The same; raises ChildProcessError when there are no children at all."""
    while (ended := os.waitpid(-1, os.WNOHANG))[0]:
        statuses[ended[0]] = ended[1]


def end_all(statuses: dict[int, int]) -> None:
    """Kill children until there are none: those of a killed child become ours and are next."""
    with suppress(ChildProcessError):
        if LINUX:  # all of them are our children: if there are none, nobody need be looked for
            take_ended(statuses)
        while True:
            kill_children()
            pid, status = os.waitpid(-1, 0)
            reap(statuses)[pid] = status


def kill_children() -> None:
    if not LINUX:
        os.killpg(0, signal.SIGTERM)  # the group is ours since leave_terminal, and we only take a note of it
        return
    for child in children_of(os.getpid()):
        signal_quietly(child, signal.SIGKILL)


def innermost(program: int, layers: int) -> int:
    """The program behind ``layers`` processes of a sandbox, which would kill it without its grace."""
    for _ in range(layers):
        program = min(children_of(program), default=program)
    return program


def children_of(pid: int) -> list[int]:
    numbers = (entry.name for entry in os.scandir("/proc") if entry.name.isdecimal()) if LINUX else ()
    return [int(number) for number in numbers if parent_of(number) == str(pid)]


def parent_of(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/stat", errors="replace") as file:  # noqa: PTH123 - as above
            return file.read().rpartition(")")[2].split()[1]
    except OSError:
        return ""


def signal_quietly(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def exit_like(status: int) -> NoReturn:
    """End as the program did, so that our parent sees its exit code or its signal."""
    if os.WIFSIGNALED(status):
        with suppress(OSError):  # SIGKILL needs and has no setting
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
