"""The house keeps its shape: walls around libraries, words with a meaning, rooms one can see across."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parent.parent
PACKAGES: Final = ("bot", "adapters", "storage")
VAGUE: Final = frozenset(
    {"manager", "handler", "service", "helper", "helpers", "util", "utils", "core", "base", "common"}
)
MAX_LINES: Final = 400
OUTSIDE: Final = frozenset({"__main__", "cli", "serving", "app", "timers"})
"""Modules of ``bot`` that may know adapters and storage: the command line and the composition root."""
OPEN: Final = frozenset({"ports", "settings", "model", "crash", "errors"})
"""Modules of ``bot`` that adapters and storage may know."""


def python_files(*places: str) -> list[Path]:
    return sorted(file for place in places for file in (ROOT / place).rglob("*.py"))


def shown(file: Path) -> str:
    return str(file.relative_to(ROOT))


def contract(name: str) -> dict[str, Any]:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return next(found for found in lint["contracts"] if found["name"] == name)


def rooms() -> set[str]:
    """The modules and packages right inside ``bot``."""
    found = {path.stem for path in (ROOT / "bot").iterdir() if path.suffix == ".py"}
    found |= {path.parent.name for path in (ROOT / "bot").glob("*/__init__.py")}
    return found - {"__init__"}


def names(modules: list[str]) -> list[str]:
    """The rooms that a contract lists; a layer may hold several."""
    listed = [name.strip() for line in modules for name in line.split("|")]
    return [name.removeprefix("bot.") for name in listed if name.startswith("bot.")]


def test_every_module_has_its_layer() -> None:
    """A new module is placed in pyproject.toml, once, or this fails."""
    listed = names(contract("Dependencies point inwards")["layers"])
    assert sorted(listed) == sorted(rooms())


def test_every_room_is_kept_from_adapters_and_storage() -> None:
    """Only the command line and the composition root may know them."""
    listed = names(contract("The rooms know neither adapters nor storage")["source_modules"])
    assert sorted(listed) == sorted(rooms() - OUTSIDE)


def test_adapters_are_kept_from_every_room() -> None:
    """Ports, nouns, errors and settings are all that an adapter or the storage may know."""
    listed = names(contract("Adapters and storage know the house only by its ports")["forbidden_modules"])
    assert sorted(listed) == sorted(rooms() - OPEN)


@pytest.mark.timeout(60)
def test_the_walls_hold() -> None:
    """Every contract of import-linter is kept."""
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_no_module_has_a_vague_name() -> None:
    """A module is called after what happens in it."""
    parts = {part for file in python_files(*PACKAGES, "bench", "tests") for part in _words(file)}
    assert not parts & VAGUE


def _words(file: Path) -> Iterator[str]:
    for part in file.relative_to(ROOT).with_suffix("").parts:
        yield from (part, *part.split("_"))


def test_no_class_has_a_vague_name() -> None:
    """Nor is a class."""
    vague = tuple(word.capitalize() for word in VAGUE - {"base", "core", "common"})
    found = [
        f"{shown(file)}: {node.name}"
        for file in python_files(*PACKAGES)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef) and node.name.endswith(vague)
    ]
    assert not found


def test_every_module_says_why_it_exists() -> None:
    """The first sentence of a file; empty markers of packages need none."""
    silent = [
        shown(file)
        for file in python_files(*PACKAGES)
        if (source := file.read_text()).strip() and not ast.get_docstring(ast.parse(source))
    ]
    assert not silent


def test_every_file_can_be_seen_across() -> None:
    """At most 400 lines."""
    long = {
        shown(file): lines
        for file in python_files(*PACKAGES, "bench", "tests")
        if (lines := file.read_text().count("\n")) > MAX_LINES
    }
    assert not long


def test_nothing_is_mocked() -> None:
    """Tests use the real thing or a stand-in that keeps its contract, never a recording of our own calls."""
    found = [shown(file) for file in python_files("tests", "bench", "adapters") if "mock" in _imported(file)]
    assert not found


def _imported(file: Path) -> set[str]:
    """The parts of every imported module's name, and the names imported from it."""
    imported: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            imported |= {part for alias in node.names for part in alias.name.split(".")}
        elif isinstance(node, ast.ImportFrom):
            imported |= {*(node.module or "").split("."), *(alias.name for alias in node.names)}
    return imported


def test_every_test_states_its_behaviour() -> None:
    """One sentence per test."""
    silent = [
        f"{shown(file)}: {node.name}"
        for file in python_files("tests")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert not silent


def test_no_check_is_skipped_in_silence() -> None:
    """What is skipped says why, and nothing is expected to fail."""
    calls = [
        (shown(file), node)
        for file in python_files("tests")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
    ]
    found = [f"{file}:{call.lineno}" for file, call in calls if (why := _skips(call)) is not None and not why]
    assert not found


def _skips(call: ast.Call) -> bool | None:
    """Whether this call leaves a test out and says why; None when it does not."""
    name = ast.unparse(call.func)
    if name in {"pytest.xfail", "pytest.mark.xfail"}:
        return False
    if name in {"pytest.mark.skip", "pytest.mark.skipif"}:
        return any(keyword.arg == "reason" for keyword in call.keywords)
    return bool(call.args) if name == "pytest.skip" else None


def test_every_suppressed_rule_of_the_linter_says_why() -> None:
    """Each ignored rule of pyproject.toml has its reason in the same line."""
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    begin = lines.index("ignore = [")
    ignored = lines[begin + 1 : lines.index("]", begin)]
    assert ignored
    assert all("#" in line for line in ignored)
