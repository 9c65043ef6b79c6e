"""Says what is wrong with a configuration: where, what, and the nearest thing that would be right.

A mistake never repeats the value that was found, which may be a secret in the wrong place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bot.settings.secrets import is_secret_name
from bot.settings.tables import Table, Tables

Key = tuple[str | int, ...]

_SENTENCES: Final = {
    "missing": "is missing",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "finite_number": "must be a finite number",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "tuple_type": 'must be a list, as in ["one", "two"]',
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}


def dotted(key: Iterable[str | int]) -> str:
    """projects.api.env[0]"""
    path = ""
    for part in key:
        path += f"[{part}]" if isinstance(part, int) else f".{_printable(part)}"
    return path.lstrip(".")


def sentence(error: ErrorDetails) -> str:
    """One mistake: its dotted path and what to do about it."""
    key: Key = tuple(part for part in error["loc"] if part != "[key]")
    kind, context = error["type"], error.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return f"{dotted(key)} is not a setting{_instead(key)}"
        case "enum" | "literal_error":
            return f"{dotted(key)} must be one of {_choices(key)}{_near_choice(key, error['input'])}"
        case "value_error":
            return f"{dotted(key)} {context['error']}"
        case _:
            what = _SENTENCES.get(kind)
            return f"{dotted(key)} {what.format(**context) if what else 'is not usable here'}"


def nearest(name: str, valid: Iterable[str]) -> str | None:
    by_lower = {choice.lower(): choice for choice in valid}
    found = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def keys_of(table: type[BaseModel]) -> list[str]:
    return list(table.model_fields)


def table_at(key: Sequence[str | int]) -> type[BaseModel] | None:
    """The table that the key leads to, or None when it leads to a value or nowhere."""
    here: Any = Tables
    for part in key:
        if not (isinstance(here, type) and issubclass(here, BaseModel)):
            arguments = get_args(here)
            here = arguments[1] if len(arguments) == 2 else None
        elif field := here.model_fields.get(str(part)):
            here = field.annotation
        else:
            return None
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _instead(key: Key) -> str:
    name = str(key[-1])
    if is_secret_name(name):
        return (
            "; secrets stand in the environment (as OPENAI_API_KEY does) or in a file (OPENAI_API_KEY_FILE)"
        )
    valid = keys_of(table_at(key[:-1]) or Tables)
    if near := nearest(name, valid):
        return f"; did you mean {near}?"
    if elsewhere := _elsewhere(name):
        return f"; did you mean {elsewhere}?"
    return f"; there are {', '.join(valid)}"


def _elsewhere(name: str) -> str | None:
    """A one-of-a-kind table that does have the key."""
    for table, field in Tables.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Table) and name in kind.model_fields:
            return f"{table}.{name}"
    return None


def _choices(key: Key) -> str:
    return ", ".join(_enum_values(key))


def _near_choice(key: Key, found: object) -> str:
    near = nearest(found, _enum_values(key)) if isinstance(found, str) else None
    return f"; did you mean {near}?" if near else ""


def _enum_values(key: Key) -> list[str]:
    """The members of the enumeration that is asked for there (also ``X | None`` and the values of a dict)."""
    parent = table_at(key[:-1])
    annotation: Any = parent.model_fields[str(key[-1])].annotation if parent else None
    if parent is None and (grandparent := table_at(key[:-2])):
        annotation = grandparent.model_fields[str(key[-2])].annotation
    for candidate in (annotation, *get_args(annotation)):
        if members := getattr(candidate, "__members__", None):
            return [str(member) for member in members.values()]
    return []


def _printable(part: str) -> str:
    """A key may be anything; what is not a plain name is quoted, cut and escaped."""
    plain = part.replace("-", "").replace("_", "")
    if plain.isascii() and plain.isalnum() and len(part) <= 64:
        return part
    return repr(part[:64] + ("…" if len(part) > 64 else ""))
