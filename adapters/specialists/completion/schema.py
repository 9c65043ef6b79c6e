"""The form that an answer must have: a JSON schema, from the words of the task or from a file beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from bot.ports import Given

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_FENCED: Final = re.compile(r"```(?:json|jsonschema|json-schema|schema)[ \t]*\n(.*?)```", re.DOTALL)
_FILE: Final = re.compile(r"schema\.json$", re.IGNORECASE)
_MARKS: Final = frozenset({"$schema", "type", "properties", "enum", "items", "oneOf", "anyOf", "$defs"})
_TYPES: Final = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})

PATTERN_S: Final = 0.5
"""For one string; a pattern can be written so that it would take years, and the whole house would wait."""

Schema = dict[str, Any]


class NoSchema(Exception):
    """It is none: one sentence."""


def schema_in(words: str, files: Sequence[Given]) -> Schema | None:
    """The schema that the task gives, if it gives one; raises NoSchema for one that cannot be used."""
    for file in files:
        if _FILE.search(file.name):
            return _usable(file.data.decode(errors="replace"), file.name)
    for text in _FENCED.findall(words):
        found = _object(text)
        if found is not None and _is_schema(found):
            return _usable(text, "The schema")
    return None


def is_schema_file(file: Given) -> bool:
    return bool(_FILE.search(file.name))


def _object(text: str) -> Schema | None:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("Schema", found) if isinstance(found, dict) else None


def _is_schema(found: Schema) -> bool:
    """An example of an answer is none, unless it happens to have a ``type`` that is one."""
    kind: object = found.get("type")
    if isinstance(kind, str | list):
        names = [kind] if isinstance(kind, str) else cast("list[object]", kind)
        return all(isinstance(name, str) and name in _TYPES for name in names)
    return bool(found.keys() & _MARKS - {"type"})


def _usable(text: str, name: str) -> Schema:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    found = _object(text)
    if found is None:
        raise NoSchema(f"{name} is no JSON object.")
    try:
        Draft202012Validator.check_schema(found)
    except (SchemaError, RecursionError) as error:
        raise NoSchema(f"{name} is no JSON schema: {str(error).splitlines()[0][:200]}.") from None
    if _names_by_pattern(found):
        raise NoSchema(f"{name} has patternProperties, which are not taken; name the properties.")
    return found


def _names_by_pattern(schema: object) -> bool:
    """Their patterns are matched in more places than ours can stop."""
    if isinstance(schema, list):
        return any(map(_names_by_pattern, cast("list[object]", schema)))
    if not isinstance(schema, dict):
        return False
    table = cast("Schema", schema)
    named = table.get("properties")
    inner = list(cast("Schema", named).values()) if isinstance(named, dict) else []
    others = [value for key, value in table.items() if key not in ("properties", "const", "enum")]
    return "patternProperties" in table or any(map(_names_by_pattern, [*inner, *others]))


def _pattern(_validator: object, pattern: str, value: object, _schema: object) -> Iterator[ValidationError]:
    """As jsonschema's own, with an end."""
    import regex
    from jsonschema.exceptions import ValidationError

    if not isinstance(value, str):
        return
    try:
        if not regex.search(pattern, value, timeout=PATTERN_S):
            yield ValidationError(f"{value[:100]!r} does not match {pattern[:100]!r}")
    except TimeoutError:
        yield ValidationError(f"{pattern[:100]!r} takes too long to be looked for")
    except regex.error:
        yield ValidationError(f"{pattern[:100]!r} is no pattern")


def checked(text: str, schema: Schema) -> tuple[str, str]:
    """The JSON of an answer as one line, or what is wrong with it; nothing outside is ever looked up."""
    from jsonschema import Draft202012Validator, validators
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    bare = _without_fence(text)
    try:
        value: Any = json.loads(bare)
    except (ValueError, RecursionError) as error:
        return "", f"it is no JSON ({str(error)[:120]})"
    nowhere: Registry[Any] = Registry()
    try:
        bounded: Any = cast("Any", validators).extend(Draft202012Validator, {"pattern": _pattern})
        validator: Any = bounded(schema, registry=nowhere)
        wrong: Any = next(validator.iter_errors(value), None)
    except (Unresolvable, RecursionError):
        return "", "its schema refers to something that is not in it"
    if wrong is not None:
        where = "/".join(str(part) for part in wrong.absolute_path) or "the whole"
        return "", f"{where}: {wrong.message[:200]}"
    return json.dumps(value, ensure_ascii=False), ""


def _without_fence(text: str) -> str:
    found = re.fullmatch(r"\s*```\w*\s*\n(.*?)\n?\s*```\s*", text, re.DOTALL)
    return found[1] if found else text


def as_instructions(schema: Schema | None) -> str:
    if schema is None:
        return ""
    text = json.dumps(schema, ensure_ascii=False, indent=1)
    return f"Answer with JSON that this schema allows, and with nothing else:\n{text}"
