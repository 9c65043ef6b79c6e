"""A program that tries to be left over: its children leave the tree, the session and the environment.

Run as ``python -m adapters.rehearsal.orphans [deaf]``. It says ``ready <pid> <pid> <pid>`` on one line and
stays; ``deaf`` ignores being asked to end. All of its processes hold its standard output, so whoever reads
that sees its end only when the last of them is gone.

    child      an ordinary child
    leaver     in a session of its own, its parent dead
    stranger   the same, and with an empty environment
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Final

_SLEEP: Final = ["/bin/sleep", "600"]


def child() -> int:
    return _start(dict(os.environ))


def leaver() -> int:
    return _through_a_dead_parent(dict(os.environ))


def stranger() -> int:
    return _through_a_dead_parent({})


def _start(environment: dict[str, str]) -> int:
    return os.posix_spawn(_SLEEP[0], _SLEEP, environment)


def _through_a_dead_parent(environment: dict[str, str]) -> int:
    told, tell = os.pipe()
    if (middle := os.fork()) == 0:
        os.setsid()
        os.write(tell, str(_start(environment)).encode())
        os._exit(0)
    os.waitpid(middle, 0)
    pid = int(os.read(told, 32))
    os.close(told)
    os.close(tell)
    return pid


def main(arguments: list[str]) -> None:
    if "deaf" in arguments:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready", child(), leaver(), stranger(), flush=True)
    signal.pause()


if __name__ == "__main__":
    main(sys.argv[1:])
