"""What a scripted model fills into the secretary's form."""

from __future__ import annotations

from typing import Any

from tests.briefs import EMPTY, says

SPEC = {"goal": "hello.py prints hello.", "verification": ["Run it."], "escalate": ["Anything else."]}
START = {"kind": "dispatch", "project": "api", "title": "Write hello.py", "spec": SPEC}
REQUEST = says(EMPTY, "I would love a program that greets people")


def decision(*actions: dict[str, Any], say: str = "", confidence: float = 0.9) -> dict[str, Any]:
    return {"say": say, "actions": list(actions), "why": "as planned", "confidence": confidence}
