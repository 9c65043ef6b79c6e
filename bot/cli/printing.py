"""How data leaves a command: tables for people, aligned text for pipes, stable JSON for programs.

JSON is one object: ``schema_version`` (raised only when a key changes its meaning or goes) and the data.
Times are ISO 8601 in UTC, money is in US dollars, ids are what people read (d7, q3).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final, cast

import click

SCHEMA_VERSION: Final = 1


def as_json(value: object) -> object:
    """Nouns as objects with their own field names."""
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case Path():
            return str(value)
        case bytes():
            return f"{len(value)} bytes"
        case Mapping():
            table = cast("Mapping[object, object]", value)
            return {str(key): as_json(item) for key, item in table.items()}
        case list() | tuple():
            return [as_json(item) for item in cast("Sequence[object]", value)]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value


def print_json(**data: object) -> None:
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
    document |= {key: as_json(value) for key, value in data.items()}
    click.echo(json.dumps(document, indent=2, ensure_ascii=not sys.stdout.isatty()))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Aligned columns; the last one may be long. Cells become one printable line each."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _print_rich(header, cells)
        return
    lines = [[name.upper() for name in header], *cells]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header) - 1)]
    for line in lines:
        padded = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        click.echo("  ".join([*padded, line[-1]]).rstrip())


def _print_rich(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*header, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def print_fields(pairs: Sequence[tuple[str, str]]) -> None:
    """name: value, one per line, the values aligned; empty values are left out."""
    shown = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        click.echo(f"{name.ljust(width)}  {one_line(value)}")


def one_line(text: str) -> str:
    """On one line, without control characters, so that no content can draw on the terminal."""
    return "".join(char if char.isprintable() else " " for char in text.strip())


def several_lines(text: str) -> str:
    """The same for text that keeps its lines."""
    return "\n".join(one_line(line) for line in text.splitlines())


def when(moment: datetime | None) -> str:
    """In the reader's own time zone, to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""
