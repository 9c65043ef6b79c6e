"""Files that are lists: what stands in each item, and the same file again with a result for each."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.specialists.completion import lists
from adapters.specialists.completion.material import NotUsable
from bot.model.items import Item, ItemState, list_named
from bot.ports import Given
from tests.completions import work_in

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def ended(texts: tuple[str, ...], *ends: str | None) -> list[Item]:
    """A result, an error that begins with !, or nothing yet."""
    items = [Item(f"d1.1.{n}", "d1.1", "d1", n, text) for n, text in enumerate(texts, 1)]
    return [
        item
        if end is None
        else replace(
            item,
            state=ItemState.FAILED if end.startswith("!") else ItemState.DONE,
            answer=end.removeprefix("!"),
        )
        for item, end in zip(items, ends, strict=True)
    ]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("For each row of reviews.csv: is it praise?", "reviews.csv"),
        ("classify the mood for every line in `data/in.txt`", "data/in.txt"),
        ("for each customer review in the attached file reviews.jsonl say why", "reviews.jsonl"),
        ("Do that for each row, please", ""),
        ("summarise reviews.csv", None),
        ("for each of us it is different", None),
    ],
)
def test_words_ask_for_work_item_by_item(words: str, name: str | None) -> None:
    """With the file they name, or the only one that is attached."""
    assert list_named(words) == name


def test_a_csv_comes_back_with_two_more_columns() -> None:
    """Quoted fields, line breaks, a semicolon between the fields and short rows are kept."""
    data = 'id;text\n1;"two\nlines; and more"\n2;=1+1\n3\n'
    shape, items = lists.read(Given("in.csv", data.encode()), 10)
    assert lists.in_words(shape, items[0]) == "id: 1\ntext: two\nlines; and more"
    out = lists.written(shape, ended(items, "fine", "!no answer", None)).decode()
    assert out == ('id;text;result;error\n1;"two\nlines; and more";fine;\n2;=1+1;;no answer\n3;;;not asked\n')
    assert lists.written_name("in.csv", shape) == "in.done.csv"


def test_lines_of_json_keep_their_fields() -> None:
    """A result that is JSON stays JSON; what is no object becomes one; a taken name gets a number."""
    data = '{"text": "a"}\n\n"plain"\n{"result": 1}\n'
    shape, items = lists.read(Given("in.jsonl", data.encode()), 10)
    out = lists.written(shape, ended(items, '{"mood": "good"}', "!no answer", "fine")).decode()
    assert [json.loads(line) for line in out.splitlines()] == [
        {"text": "a", "result": {"mood": "good"}},
        {"item": "plain", "error": "no answer"},
        {"result": 1, "result 2": "fine"},
    ]


def test_lines_of_text_become_a_table() -> None:
    """Blank lines are no items."""
    shape, items = lists.read(Given("in.txt", b"one\n\ntwo\n"), 10)
    assert lists.written(shape, ended(items, "eins", "!x")).decode() == (
        "item\tresult\terror\none\teins\t\ntwo\t\tx\n"
    )
    assert lists.written_name("in.txt", shape) == "in.done.tsv"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("@SUM", "'@SUM"),
        ("-cmd", "'-cmd"),
        ("-5.2", "-5.2"),
    ],
)
def test_a_result_is_no_formula(cell: str, written: str) -> None:
    """What a model writes is opened in a spreadsheet; negative numbers stay as they are."""
    assert lists.harmless(cell) == written


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("in.csv", b"a,b\n1,2\n3,4,5\n", "in.csv, line 3, has 3 fields and the header 2."),
        ("in.csv", b'a,b\n"1,2\n', "in.csv, line 2, is no CSV"),
        ("in.csv", b"a,b\n", "in.csv has no items."),
        ("in.jsonl", b'{"a": 1}\nnot\n', "in.jsonl, line 2, is no JSON."),
        ("in.txt", b"\xff\xfe", "in.txt is no UTF-8 text"),
        ("in.txt", b"1\n2\n3\n4\n", "in.txt has 4 items, 3 is the most"),
    ],
)
def test_what_is_wrong_with_a_list_is_said_with_its_line(name: str, data: bytes, words: str) -> None:
    """Before anything is asked."""
    with pytest.raises(NotUsable) as refused:
        lists.read(Given(name, data), 3)
    assert words in str(refused.value)


def test_a_list_is_found_in_the_conversation_or_in_the_project_and_nowhere_else(tmp_path: Path) -> None:
    """Links are followed, and lead nowhere outside; the house's own files do not exist."""
    work = work_in(tmp_path)
    project = Path(work.directory)
    (project / "in.csv").write_text("a\n1\n")
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (project / "link.csv").symlink_to(tmp_path / "secret.csv")
    (project / "hidden.csv").write_text("a\n1\n")
    denied = replace(work, denied_paths=(str(project / "hidden.csv"),))
    assert lists.find(work, "in.csv").data == b"a\n1\n"
    attached = replace(work, files=(Given("in.csv", b"b\n2\n"), Given("x.md", b"")))
    assert lists.find(attached, "in.csv").data == b"b\n2\n"
    assert lists.find(attached, "").name == "in.csv"
    for name in ("../secret.csv", "link.csv", "none.csv", "hidden.csv"):
        with pytest.raises(NotUsable, match="There is no file"):
            lists.find(denied, name)
    with pytest.raises(NotUsable, match="attached: none"):
        lists.find(work, "")
