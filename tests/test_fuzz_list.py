"""No parser of foreign input without a fuzz test: the list in ``fuzzing`` is complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tests import (
    fuzzing,
    test_fuzz_programs,
    test_fuzz_words,
    test_schedule_words,
    test_slack_reading,
    test_telegram_reading,
)

ROOT: Final = Path(__file__).parent.parent
_READS: Final = re.compile(r"\bjson\.loads?\(|\btomllib\.loads?\(")


def test_every_parser_of_the_list_is_fuzzed() -> None:
    """A name without a test, and a test of a name that is not listed, are mistakes alike."""
    files = (
        test_fuzz_words,
        test_fuzz_programs,
        test_slack_reading,
        test_telegram_reading,
        test_schedule_words,
    )
    tests = [test for file in files for test in vars(file).values()]
    fuzzed = {parser for test in tests for parser in getattr(test, "fuzzes", ())}
    assert fuzzed == fuzzing.PARSERS


def test_who_reads_json_or_toml_is_in_the_list_or_says_why_not() -> None:
    """A new module that reads what others wrote fails here until it is fuzzed."""
    listed = {*fuzzing.NOT_FOREIGN, *fuzzing.PARSERS}
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for package in ("bot", "adapters", "storage")
        for path in (ROOT / package).rglob("*.py")
        if _READS.search(path.read_text())
    }
    unlisted = {name for name in modules if not any(entry.startswith(name) for entry in listed)}
    assert unlisted == set()
    assert fuzzing.NOT_FOREIGN.keys() <= modules
