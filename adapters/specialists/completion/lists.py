"""Files that are lists: what stands in each item, and the same file again with a result for each.

CSV and TSV have a header; JSONL has a value on each line; any other text has an item on each line that is
not blank. What is wrong with a file is said with its line.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Final, cast

from adapters.specialists.completion.material import NotUsable, text_of
from bot.model.items import LIST_ENDINGS, Item, ItemState
from bot.ports import Given, Work

MAX_BYTES: Final = 20_000_000
_DELIMITERS: Final = ",;\t|"
_FORMULA: Final = re.compile(r"\s*[=+@\t\r]|\s*-(?![\d.])")
NOT_ASKED: Final = "not asked"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written."""

    kind: str  # csv | jsonl | text
    header: tuple[str, ...] = ()
    delimiter: str = ","

    def dump(self) -> str:
        return json.dumps({"kind": self.kind, "header": self.header, "delimiter": self.delimiter})

    @classmethod
    def load(cls, text: str) -> Shape:
        stored: dict[str, Any] = json.loads(text)
        return cls(stored["kind"], tuple(stored["header"]), stored["delimiter"])


def find(work: Work, name: str) -> Given:
    """The file of that name among those of the conversation, else in the project; raises NotUsable."""
    lists = [file for file in work.files if _is_list(file.name)]
    if not name:
        if len(lists) != 1:
            there = ", ".join(file.name for file in lists) or "none"
            raise NotUsable(f"Name the file whose items are meant; attached: {there}.")
        return lists[0]
    if given := next((file for file in work.files if file.name == name), None):
        return given
    return _of_project(work, name)


def _of_project(work: Work, name: str) -> Given:
    """Links are followed, and must not lead out."""
    directory = Path(work.directory).resolve()
    path = (directory / name).resolve()
    hidden = any(path.is_relative_to(Path(each).resolve()) for each in work.denied_paths)
    if not path.is_relative_to(directory) or hidden or not path.is_file():
        raise NotUsable(f"There is no file {name}, attached here or in the project {work.project}.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise NotUsable(f"{name} is larger than {MAX_BYTES // 1_000_000} MB; split it.")
        return Given(PurePath(name).name, path.read_bytes())
    except OSError as error:
        raise NotUsable(f"{name} cannot be read ({error.strerror}).") from None


def _is_list(name: str) -> bool:
    return name.lower().rpartition(".")[2] in LIST_ENDINGS


def read(file: Given, most: int) -> tuple[Shape, tuple[str, ...]]:
    """Its shape and its items, each as JSON; raises NotUsable."""
    text = text_of(file)
    ending = file.name.lower().rpartition(".")[2]
    match ending:
        case "csv" | "tsv":
            shape, items = _csv(file.name, text, "\t" if ending == "tsv" else None)
        case "jsonl" | "ndjson":
            shape, items = Shape("jsonl"), _jsonl(file.name, text)
        case _:
            shape, items = Shape("text"), [json.dumps(line) for line in text.splitlines() if line.strip()]
    if not items:
        raise NotUsable(f"{file.name} has no items.")
    if len(items) > most:
        raise NotUsable(f"{file.name} has {len(items):,} items, {most:,} is the most; split it.")
    return shape, tuple(items)


def _csv(name: str, text: str, delimiter: str | None) -> tuple[Shape, list[str]]:
    delimiter = delimiter or _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise NotUsable(f"{name}, line {reader.line_num}, is no CSV: {error}.") from None
    if not rows:
        return Shape("csv"), []
    header = tuple(cell.strip() or f"column {n}" for n, cell in enumerate(rows[0][1], 1))
    for line, row in rows[1:]:
        if len(row) > len(header):
            raise NotUsable(f"{name}, line {line}, has {len(row)} fields and the header {len(header)}.")
    missing = [""] * len(header)
    filled = [[*row, *missing[len(row) :]] for _, row in rows[1:]]
    return Shape("csv", header, delimiter), [json.dumps(row) for row in filled]


def _delimiter(text: str) -> str:
    """The one that the header has most of."""
    head = text.partition("\n")[0]
    return max(_DELIMITERS, key=lambda each: (head.count(each), -_DELIMITERS.index(each)))


def _jsonl(name: str, text: str) -> list[str]:
    items: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            items.append(json.dumps(json.loads(line)))
        except (ValueError, RecursionError):
            raise NotUsable(f"{name}, line {number}, is no JSON.") from None
    return items


def in_words(shape: Shape, item: str) -> str:
    """What a model reads of one item."""
    value: object = json.loads(item)
    if shape.kind == "csv":
        cells = cast("list[str]", value)
        return "\n".join(f"{name}: {cell}" for name, cell in zip(shape.header, cells, strict=False))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def written(shape: Shape, items: Sequence[Item]) -> bytes:
    """The file again, each item with its ``result`` or its ``error``."""
    rows = [(json.loads(item.text), *_ends(item)) for item in items]
    match shape.kind:
        case "csv":
            names = [_free("result", shape.header), _free("error", shape.header)]
            table = [[*cells, harmless(result), harmless(error)] for cells, result, error in rows]
            return _as_csv([[*shape.header, *names], *table], shape.delimiter)
        case "jsonl":
            lines = (json.dumps(_with(value, *ends), ensure_ascii=False) for value, *ends in rows)
            return "".join(f"{line}\n" for line in lines).encode()
        case _:
            table = [[line, harmless(result), harmless(error)] for line, result, error in rows]
            return _as_csv([["item", "result", "error"], *table], "\t")


def written_name(name: str, shape: Shape) -> str:
    """reviews.done.csv; lines of text become a table."""
    path = PurePath(name)
    return f"{path.stem}.done.{'tsv' if shape.kind == 'text' else path.suffix.lstrip('.')}"


def _ends(item: Item) -> tuple[str, str]:
    match item.state:
        case ItemState.DONE:
            return item.answer, ""
        case ItemState.FAILED:
            return "", item.answer
        case _:
            return "", NOT_ASKED


def _with(value: object, result: str, error: str) -> dict[str, object]:
    """A result that is JSON stays JSON."""
    own = cast("dict[str, object]", value) if isinstance(value, dict) else {"item": value}
    try:
        read_again: object = json.loads(result) if result[:1] in ("{", "[") else result
    except ValueError:
        read_again = result
    ends = {"error": error} if error else {"result": read_again}
    return own | {_free(name, own): end for name, end in ends.items()}


def _free(name: str, taken: Iterable[str]) -> str:
    """A file that was an answer already keeps its columns."""
    known = set(taken)
    names = (name, *(f"{name} {n}" for n in range(2, len(known) + 3)))
    return next(each for each in names if each not in known)


def _as_csv(rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return file.getvalue().encode()


def harmless(cell: str) -> str:
    """A spreadsheet would run what begins like a formula; a negative number is none."""
    return f"'{cell}" if _FORMULA.match(cell) else cell
