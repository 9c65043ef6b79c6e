"""Scripts as data: a TOML file becomes a `Script`, or a sentence that says what is wrong with it."""

import tomllib
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from adapters.rehearsal.model_server.script import Script


class ScriptError(ValueError):
    """The script file cannot be played."""


def load_script(path: Path | str, **values: str) -> Script:
    """The script in ``path``; ``values`` fill its ``{{name}}``s over those of the file.

    Tables are named as the fields of `Script`: ``[[rules]]``, ``[[rules.steps]]``, ``[usage]``, ``[values]``.
    """
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        data["values"] = {**data.get("values", {}), **values}
        return TypeAdapter(Script).validate_python(data)
    except OSError as error:
        raise ScriptError(f"The script {path} cannot be read: {error.strerror}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ScriptError(f"The script {path} is not TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ScriptError(f"The script {path} is wrong at {where}: {first['msg']}.") from error
