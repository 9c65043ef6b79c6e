"""The systemd unit: every line is known to systemd, and none takes away what a sandbox is made of."""

from __future__ import annotations

import os
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Final

import pytest

from bot.app import DRAIN_S
from bot.cli.codes import REFUSED, USAGE

UNIT: Final = Path(__file__).parent.parent / "deploy" / "frontdesk.service"
BREAKS_BUBBLEWRAP: Final = {
    "RestrictNamespaces", "ProtectProc", "ProcSubset", "ProtectKernelTunables", "ProtectKernelLogs",
    "ProtectHostname", "PrivateUsers", "MountAPIVFS", "SystemCallFilter", "ProtectControlGroups",
}  # fmt: skip
"""Each covers a part of /proc or /sys, or forbids the system calls by which a run's walls are made."""


def unit() -> ConfigParser:
    """Strict: a section or an option that stands there twice is an error."""
    found = ConfigParser(delimiters=("=",), comment_prefixes=("#",), interpolation=None)
    found.optionxform = str  # pyright: ignore[reportAttributeAccessIssue]  as configparser documents it
    found.read_string(UNIT.read_text())
    return found


def test_it_gives_the_house_time_to_drain_and_gives_up_where_it_should() -> None:
    """The house is told first and alone; what no restart helps is not restarted; ``kill -HUP`` reloads."""
    service = unit()["Service"]
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) >= DRAIN_S + 15
    assert service["RestartPreventExitStatus"].split() == [str(USAGE), str(REFUSED)]
    assert service["ExecReload"].endswith("kill -HUP $MAINPID")
    assert service["UMask"] == "0077"


def test_it_leaves_a_sandbox_what_it_is_made_of() -> None:
    """Nothing that covers /proc or forbids user namespaces and mounts; no run gains a privilege."""
    service = unit()["Service"]
    assert not BREAKS_BUBBLEWRAP & set(service)
    assert service["NoNewPrivileges"] == "yes"
    assert {"AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"} <= set(service["RestrictAddressFamilies"].split())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_knows_every_line(tmp_path: Path) -> None:
    """It verifies the unit without a word; a misspelt key would be one."""
    assert _verified(tmp_path, UNIT.read_text()) == ""
    assert "RestrictRealtim" in _verified(tmp_path, UNIT.read_text().replace("Realtime", "Realtim"))


def _verified(directory: Path, text: str) -> str:
    """With a program that is there."""
    copy = directory / "frontdesk.service"
    copy.write_text(text.replace("%h/frontdesk/.venv/bin/frontdesk", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(copy)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(directory)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr
