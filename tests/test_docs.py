"""What the documentation says is so: its transcript, examples, references, links, words and named tests."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel

from bot.cli.root import COMMANDS
from bot.settings import load
from bot.settings.tables import Tables
from tests import cli_reference

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])

_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_TEST: Final = re.compile(r"`(test_\w+)`")
_COMMAND: Final = re.compile(
    r"(?:^\$ |`)(?:docker compose \w+ (?:--rm )?)?frontdesk (\w[\w-]*)", re.MULTILINE
)
_TARGET: Final = re.compile(r"(?:^\$ |`)(?:CRASH_AT=\w+ )?make ([a-z-]+)", re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def examples() -> list[Any]:
    """Every configuration in the documentation; a package's own pyproject.toml is none."""
    found = [(page, n, text) for page in PAGES for n, text in enumerate(blocks(page, "toml"))]
    return [
        pytest.param(text, id=f"{name(page)}-{n}")
        for page, n, text in found
        if "project.entry-points" not in text
    ]


# ── examples ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", examples())
def test_an_example_is_a_right_configuration(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It loads without a mistake or a warning once its directories and files exist."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in _paths(tomllib.loads(text)):
        place = Path(path).expanduser()
        assert place.is_relative_to(tmp_path), f"{path} should lie in the reader's home"
        if place.suffix:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch(mode=0o600)
            place.write_text("a-key-of-no-value")
        else:
            place.mkdir(parents=True)
    configuration = tmp_path / "frontdesk.toml"
    configuration.write_text(text)
    configuration.chmod(0o600)
    settings = load(str(configuration), environ={"HOME": str(tmp_path), "OLLAMA_HOST": "127.0.0.1:9"})
    assert settings.warnings == ()


def _paths(tables: dict[str, Any]) -> Iterator[str]:
    for entry in tables.get("projects", {}).values():
        yield from (entry[key] for key in ("directory", "env_file") if key in entry)
    for entry in tables.get("specialists", {}).values():
        yield from (entry[key] for key in ("api_key_file",) if key in entry)


def test_every_setting_is_documented() -> None:
    """Each key of each table stands in docs/configuration.md."""
    text = (ROOT / "docs/configuration.md").read_text()
    missing = [key for key in _keys(Tables) if f"`{key}`" not in text and f".{key}`" not in text]
    assert not missing


def _keys(table: type[BaseModel]) -> Iterator[str]:
    for key, field in table.model_fields.items():
        inner = _table_of(field.annotation)
        if inner is None:
            yield key
        else:
            yield from _keys(inner)


def _table_of(annotation: Any) -> type[BaseModel] | None:
    """The table behind a field: itself, or the values of a dictionary."""
    arguments = getattr(annotation, "__args__", ())
    for one in (annotation, *arguments):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


# ── references ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_reference_of_the_command_line_is_its_help() -> None:
    """``python -m tests.cli_reference`` would change nothing."""
    assert cli_reference.PAGE.read_text().partition(cli_reference.BEGIN)[2].strip() == (
        cli_reference.reference().strip()
    )


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_that_is_named_exists(page: Path) -> None:
    """``frontdesk …`` and ``make …`` in consoles and in text."""
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(_COMMAND.findall(text)) <= {*COMMANDS, "frontdesk"}
    assert set(_TARGET.findall(text)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Files exist, and so do the headings that are pointed to."""
    for link in _LINK.findall(page.read_text()):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name(page)}: {link}"
        if anchor:
            assert anchor in _anchors(target), f"{name(page)}: {link}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_test_that_is_named_exists() -> None:
    """A claim without its proof is none."""
    source = "\n".join(file.read_text() for file in (ROOT / "tests").glob("test_*.py"))
    known = set(re.findall(r"def (test_\w+)\(", source))
    named = {test for page in PAGES for test in _TEST.findall(page.read_text())}
    assert named
    assert not named - known


def test_every_word_of_the_glossary_is_used_where_it_says() -> None:
    """The word stands in the file that is named beside it."""
    page = ROOT / "docs/glossary.md"
    rows = re.findall(r"^\| \*\*([^*]+)\*\* \|.*\[[^\]]+\]\(([^)]+)\) \|$", page.read_text(), re.MULTILINE)
    assert len(rows) > 30
    for word, file in rows:
        source = (page.parent / file).read_text().lower()
        assert word in source + file, f"{word} is not in {file}"


def test_every_table_of_the_documentation_has_even_rows() -> None:
    """As many cells in each row as in its head, so that none is cut off."""
    for page in PAGES:
        width = 0
        for line in re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL).splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not (width and cells) or cells == width, f"{name(page)}: {line}"
            width = cells


# ── the container ───────────────────────────────────────────────────────────────────────────────────────────


def dockerfile() -> list[str]:
    """Its instructions, continued lines joined, comments left out."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    return [line for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line.strip()]


def test_the_image_is_built_from_the_lock() -> None:
    """Dependencies come from the lock by their hashes, and the wheel brings none of its own."""
    installs = [line for line in dockerfile() if "pip install" in line or "pip wheel" in line]
    assert installs
    assert all("--require-hashes -r requirements.lock" in line or "--no-deps" in line for line in installs)
    assert any("--require-hashes" in line for line in installs)


def test_the_lock_has_a_hash_for_everything() -> None:
    """Every requirement is pinned to a version and to its files."""
    for lock in ("requirements.lock", "requirements-dev.lock"):
        joined = (ROOT / lock).read_text().replace("\\\n", " ")
        wanted = [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert wanted
        assert all("==" in line and "--hash=sha256:" in line for line in wanted)


def test_the_image_does_not_run_as_root() -> None:
    """The last user is one without rights, with a PID 1 that reaps, a health check and one volume."""
    lines = dockerfile()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users
    assert users[-1] not in {"root", "0"}
    assert [line for line in lines if line.startswith("VOLUME ")] == ["VOLUME /var/lib/frontdesk"]
    assert any(line.startswith("HEALTHCHECK ") and '"status", "--json"' in line for line in lines)
    assert 'ENTRYPOINT ["tini", "--", "frontdesk"]' in lines


def test_every_image_that_is_built_on_has_a_version() -> None:
    """No ``latest``, and the Python of the image is one that we support."""
    lines = dockerfile()
    arguments = dict(line.split()[1].split("=") for line in lines if line.startswith("ARG ") and "=" in line)
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert bases
    for base in bases:
        tag = re.sub(r"\$\{(\w+)\}", lambda found: arguments[found[1]], base).partition(":")[2]
        assert tag
        assert "latest" not in tag
    assert tuple(map(int, arguments["PYTHON_VERSION"].split("."))) >= (3, 11)


def test_the_image_has_what_doctor_looks_for() -> None:
    """The programs that a run and its sandbox need."""
    installed = next(line for line in dockerfile() if "apt-get install" in line).split()
    assert {"git", "ripgrep", "bubblewrap", "socat", "tini", "ca-certificates"} <= set(installed)
    assert "--no-install-recommends" in installed


def test_only_what_the_image_needs_is_sent_to_its_build() -> None:
    """Everything is left out but the files that are copied, so no secret and no state gets in."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    sent = {rule[1:] for rule in rules if rule.startswith("!")}
    copies = [
        line.split()[1:-1] for line in dockerfile() if line.startswith("COPY ") and "--from" not in line
    ]
    assert sent == {file for files in copies for file in files}


def test_the_container_has_no_more_rights_than_it_needs() -> None:
    """No capability, no new privilege, and time to drain."""
    text = (ROOT / "compose.yaml").read_text()
    active = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    assert "cap_drop: [ALL]" in active
    assert "no-new-privileges:true" in active
    assert "stop_grace_period: 30s" in active
    assert "privileged: true" not in active
    assert "docker.sock" not in active
    assert "seccomp=unconfined" not in active  # the operator's choice, explained beside it
