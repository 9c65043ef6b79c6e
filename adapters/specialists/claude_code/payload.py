"""JSON from outside, narrowed without guessing: what is not of the wanted shape is empty."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import cast

Payload = Mapping[str, object]


def table(value: object) -> Payload:
    return cast("Payload", value) if isinstance(value, Mapping) else {}


def items(value: object) -> Sequence[object]:
    return cast("Sequence[object]", value) if isinstance(value, list | tuple) else ()


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def number(value: object) -> float:
    """Finite: JSON as Python reads it knows NaN and Infinity, and integers that no float can hold."""
    if isinstance(value, int | float) and abs(value) <= sys.float_info.max:
        return float(value)
    return 0.0
