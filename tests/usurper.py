"""What a run would try that wants to approve its own request; a program that a worker's shell is made to run.

usurper.py PLAN writes ``report.json`` into its working directory: attempt → how it went. PLAN is JSON: the
command line of the house, its configuration, database, secret files, process and the words to look for.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

GRANT = '{"verdict": "granted", "answers": {}, "text": "", "by": "Ann"}'
MARKS = ("FRONTDESK_RUN", "FRONTDESK_HOUSE", "FRONTDESK_DEPTH")


def by_command(plan: dict[str, Any], environ: dict[str, str]) -> bool:
    """The person's own command line; True when it says that it has done it."""
    command = [sys.executable, "-m", "bot", "--config", plan["config"], "approve", "q1"]
    settings = {"PYTHONPATH": plan["code"]}
    return subprocess.run(command, env=environ | settings, capture_output=True, check=False).returncode == 0


def without_marks() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in MARKS}


def by_database(plan: dict[str, Any]) -> bool:
    """The row itself."""
    with sqlite3.connect(f"file:{plan['database']}?mode=rw", uri=True, timeout=5) as rows:
        statement = "UPDATE questions SET state = 'answered', reply = ? WHERE id = 'q1'"
        return rows.execute(statement, (GRANT,)).rowcount > 0


def by_proc(plan: dict[str, Any]) -> bool:
    """The house's secrets in its environment: of every process that can be seen."""
    found = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/environ") if os.access(path, os.R_OK)]
    return any(word.encode() in environ for word in plan["words"] for environ in found)


def by_memory(plan: dict[str, Any]) -> bool:
    """The house's memory, where its secrets are too."""
    os.close(os.open(f"/proc/{plan['house']}/mem", os.O_RDWR))
    return _is_the_house(plan)


def by_signal(plan: dict[str, Any]) -> bool:
    """``signal`` to the house; 0 only tries whether it could."""
    os.kill(plan["house"], plan["signal"])
    return _is_the_house(plan)


def by_reading(plan: dict[str, Any]) -> bool:
    """The configuration and the files of secrets."""
    texts = [_content(path) for path in plan["files"]]
    return any(word in text for word in plan["words"] for text in texts)


def by_writing(plan: dict[str, Any]) -> bool:
    """A configuration in which this project may do everything."""
    with open(plan["config"], "a") as file:  # noqa: PTH123
        file.write("\n# changed by a run\n")
    return True


def _is_the_house(plan: dict[str, Any]) -> bool:
    """Whether that number is the house here too: another namespace has other processes."""
    return str(plan["config"]) in _content(f"/proc/{plan['house']}/cmdline")


def _content(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def succeeds(attempt: Callable[[], bool]) -> bool:
    try:
        return attempt()
    except (OSError, sqlite3.Error):
        return False


def main(plan_file: str) -> None:
    plan: dict[str, Any] = json.loads(Path(plan_file).read_text())
    attempts: dict[str, Callable[[], bool]] = {
        "command": lambda: by_command(plan, dict(os.environ)),
        "command without marks": lambda: by_command(plan, without_marks()),
        "proc": lambda: by_proc(plan),
        "memory": lambda: by_memory(plan),
        "reading": lambda: by_reading(plan),
        "writing": lambda: by_writing(plan),
        "database": lambda: by_database(plan),
        "signal": lambda: by_signal(plan),
    }
    report = {name: succeeds(attempt) for name, attempt in attempts.items()}
    Path("report.json").write_text(json.dumps(report))
    print("report written")


if __name__ == "__main__":
    main(sys.argv[1])
