"""What a real program of a run finds of the house that started it, when it looks everywhere it can."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import pytest

from adapters.specialists.child.output import run
from tests.programs import ROOT, need

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="not on this system: /proc")

LOOK = """
import json, os, sys
def contents(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
def targets(pid):
    try:
        names = [name for name in os.listdir(f"/proc/{pid}/fd") if int(name) > 2]
    except OSError:
        return []
    return list(filter(None, (target(f"/proc/{pid}/fd/{name}") for name in names)))
def target(path):
    try:
        return os.readlink(path)
    except OSError:
        return None
above, pid = [], os.getpid()
while (pid := int(contents(f"/proc/{pid}/stat").rpartition(b")")[2].split()[1])) > 0:
    above.append(pid)
print(json.dumps({
    "house is above": int(sys.argv[1]) in above,
    "own variables": "planted" in repr(dict(os.environ)),
    "variables above": [pid for pid in above if b"planted" in contents(f"/proc/{pid}/environ")],
    "own descriptors": [path for path in targets("self") if not path.startswith("/proc/")],
    "descriptors of the house": targets(sys.argv[1]),
}))
"""
HOUSE = """
import asyncio, ctypes, os, sys, tempfile
from adapters.specialists.child.environment import Marker, worker_environment
from adapters.specialists.child.house import protect_house
from adapters.specialists.child.launcher import write_launcher
from adapters.specialists.child.output import run
protected = sys.argv[1] == "protected" and protect_house()
async def house(place):
    secret = open(os.path.join(place, "secret"), "w")
    os.set_inheritable(secret.fileno(), True)
    given = worker_environment(home=place, scratch=place, marker=Marker.of(place, "d1/1"))
    launcher = write_launcher(os.path.join(place, "go"), sys.executable, given)
    command = [str(launcher.path), "-I", "-S", "-c", sys.argv[2], str(os.getpid())]
    ended = await run(command, environment=os.environ, directory=place, timeout_s=60)
    print(ended.stdout.text() or ended.stderr.text())
with tempfile.TemporaryDirectory() as place:
    asyncio.run(house(place))
"""


async def look(protection: str) -> dict[str, Any]:
    """As an ordinary user, or as root without any of root's capabilities."""
    drop = ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []
    need(*drop[:1])
    ended = await run(
        [*drop, sys.executable, "-c", HOUSE, protection, LOOK],
        environment={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "SLACK_BOT_TOKEN": "xoxb-planted",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        directory="/",
        timeout_s=90,
    )
    text = ended.stdout.text()
    assert text.startswith("{"), text + ended.stderr.text()
    found: dict[str, Any] = json.loads(text)
    return found


async def test_a_run_finds_nothing_of_a_protected_house() -> None:
    """No variable of its, no descriptor, and none that it could read in /proc of whoever is above it."""
    assert await look("protected") == {
        "house is above": True,
        "own variables": False,
        "variables above": [],
        "own descriptors": [],
        "descriptors of the house": [],
    }


async def test_without_the_protection_the_same_run_reads_the_house() -> None:
    """The control: what is looked for is there, in the house's own process, and nowhere nearer."""
    found = await look("unprotected")
    assert len(found["variables above"]) == 1
    assert found["descriptors of the house"] != []
    assert (found["own variables"], found["own descriptors"]) == (False, [])
