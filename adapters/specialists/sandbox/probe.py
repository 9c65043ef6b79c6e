"""The canary: runs inside a sandbox, tries what a hostile run would try, and writes down what it reached.

Run by path as ``python -I -S probe.py PLAN``, so it imports nothing but the standard library. It changes
nothing it was not given for that: PLAN names planted files, and files of the house are opened, never written.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any


def main(plan_file: str) -> None:
    with open(plan_file, encoding="utf-8") as file:  # noqa: PTH123 - pathlib doubles the start-up time
        plan: dict[str, Any] = json.load(file)
    with suppress(OSError):
        overwrite(plan["secret"])
    real: dict[str, list[int]] = plan["house_files"]
    same = same_house(plan)
    report = {
        "read": reached(lambda path: read(path, real[path]), list(real)),
        "open": reached(lambda path: open_for_writing(path, real[path]), list(real)),
        "create": reached(create, plan["outside"]),
        "connect": reached(connect, plan["sockets"]),
        "machine": reached(opens_for_writing, plan["machine"]),
        "environment": reached(read, [f"/proc/{plan['house']}/environ"]) if same else [],
        "see": [plan["house"]] if same else [],
        "signal": [plan["house"]] if same and signalled(plan["house"]) else [],
    }
    with open(plan["report"], "w", encoding="utf-8") as file:  # noqa: PTH123 - as above
        json.dump(report, file)


def reached(attempt: Callable[[str], bool], paths: list[str]) -> list[str]:
    """The paths at which ``attempt`` got anywhere."""

    def succeeds(path: str) -> bool:
        try:
            return attempt(path)
        except OSError:
            return False

    return [path for path in paths if succeeds(path)]


def is_real(found: os.stat_result, real: list[int] | None) -> bool:
    """Whether it is the file outside (device and inode) and not an empty one put in its place."""
    return real is None or [found.st_dev, found.st_ino] == real


def read(path: str, real: list[int] | None = None) -> bool:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if not is_real(os.fstat(descriptor), real):
            return False
        return bool(os.listdir(descriptor) if os.path.isdir(path) else os.read(descriptor, 1))  # noqa: PTH112, PTH208
    finally:
        os.close(descriptor)


def overwrite(path: str) -> None:
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("overwritten by the canary")


def open_for_writing(path: str, real: list[int]) -> bool:
    if os.path.isdir(path):  # noqa: PTH112
        trace = os.path.join(path, f".frontdesk-canary-{os.getpid()}")  # noqa: PTH118
        create(trace)
        os.unlink(trace)  # noqa: PTH108
        return is_real(os.stat(path), real)  # noqa: PTH116
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        return is_real(os.fstat(descriptor), real)
    finally:
        os.close(descriptor)


def opens_for_writing(path: str) -> bool:
    os.close(os.open(path, os.O_WRONLY))
    return True


def create(path: str) -> bool:
    with open(path, "x", encoding="utf-8"):  # noqa: PTH123
        return True


def connect(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(1)
        caller.connect(path)
    return True


def same_house(plan: dict[str, Any]) -> bool:
    """Whether the house's pid is the house's here too: in another namespace it is somebody else's."""
    try:
        with open(f"/proc/{plan['house']}/stat", errors="replace") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[19] == plan["started"]
    except OSError:
        return not os.path.isdir("/proc/self") and signalled(plan["house"])  # noqa: PTH112


def signalled(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1])
