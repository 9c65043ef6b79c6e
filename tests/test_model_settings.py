"""A wish about models becomes a new text of the file: checked before it is shown, written only as shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bot import model_settings, model_words
from bot.errors import Refused
from bot.model.decisions import ConfigureModels
from bot.settings import Settings, load

TEXT: Final = """
[models.fast]  # quick
model = "openai:gpt-6-luna"

[models.bulk]
model = "openai:gpt-oss-120b"
base_url = "https://models.example.com/v1"
usd_per_million_in = 0.15
usd_per_million_out = 0.6

[projects.api]
directory = "."  # the API
"""


def settings(tmp_path: Path, text: str = TEXT) -> Settings:
    file = tmp_path / "frontdesk.toml"
    file.write_text(text)
    return load(str(file), environ={"HOME": str(tmp_path)})


def wish(words: str) -> ConfigureModels:
    found = model_words.command(words) or model_words.default(words, ["api"])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("use opus for drafts from now on", ConfigureModels("work", "draft", "opus")),
        ("From now on, use fast for summaries.", ConfigureModels("work", "summarise", "fast")),
        ("make opus the default model for api", ConfigureModels("project", "api", "opus")),
        ("please use fast for code by default", ConfigureModels("work", "coding", "fast")),
    ],
)
def test_plain_words_name_a_default(words: str, found: ConfigureModels) -> None:
    """As the whole message only."""
    assert model_words.default(words, ["api"]) == found


@pytest.mark.parametrize(
    "words",
    [
        "use opus for drafts",
        "use black for this from now on",
        "use opus for drafts from now on and fix the tests",
        "they said: use opus for drafts from now on",
        "make black the default for formatting",
    ],
)
def test_other_words_name_none(words: str) -> None:
    """Work, a quotation, or something that is neither a kind of work nor a project."""
    assert model_words.default(words, ["api"]) is None


def test_an_alias_is_the_whole_of_what_it_names(tmp_path: Path) -> None:
    """Its server and prices too; everything that stood in the file still stands there."""
    found = model_settings.proposed(settings(tmp_path), wish("alias cheap bulk Be brief."))
    assert found.new.startswith(found.old.strip())
    assert '+base_url = "https://models.example.com/v1"' in found.difference
    assert '+role = "Be brief."' in found.difference
    assert "quick" not in found.difference


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("set draft opus", "I know no model opus"),
        ("set prose bulk", "never go to the cheapest model"),
        ("set nowhere fast", "no project nowhere"),
        ("set api fast", "does not run fast"),
        ("alias bulk fast", "has base_url, usd_per_million_in, usd_per_million_out, which fast has not"),
    ],
)
def test_what_would_not_be_right_is_refused_before_anything_is_shown(
    words: str, why: str, tmp_path: Path
) -> None:
    """In words; the file stays."""
    house = settings(tmp_path)
    with pytest.raises(Refused, match=why):
        model_settings.proposed(house, wish(words))
    assert (tmp_path / "frontdesk.toml").read_text() == TEXT


def test_another_text_is_another_change(tmp_path: Path) -> None:
    """A press confirms the lines that were shown above it; an edit in between makes them others."""
    house, asked = settings(tmp_path), wish("set draft bulk")
    shown = model_settings.proposed(house, asked)
    assert model_settings.proposed(house, replace(asked, seen=shown.seen)).seen == shown.seen
    (tmp_path / "frontdesk.toml").write_text(f"{TEXT}# edited\n")
    assert model_settings.proposed(house, asked).seen != shown.seen


def test_without_a_file_nothing_can_be_written(tmp_path: Path) -> None:
    """And it says what makes one."""
    with pytest.raises(Refused, match="frontdesk init"):
        model_settings.proposed(replace(settings(tmp_path), file=None), wish("set draft fast"))
