"""How far this terminal had got in each conversation: what is posted meanwhile is shown next time."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import cast


class Seen:
    """Cursors by conversation, in a small file; without one they last for a sitting."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._cursors = self._load()

    def cursor(self, conversation: str) -> int | None:
        return self._cursors.get(conversation)

    def conversations(self) -> list[str]:
        return list(self._cursors)

    def keep(self, conversation: str, seq: int) -> None:
        if self._cursors.get(conversation) == seq:
            return
        self._cursors = {**self._load(), **self._cursors, conversation: seq}
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_suffix(".new")
            draft.write_text(json.dumps(self._cursors))
            draft.replace(self._path)

    def _load(self) -> dict[str, int]:
        """A file that is missing or damaged costs nothing but a few lines shown twice."""
        with contextlib.suppress(OSError, ValueError):
            found: object = json.loads(self._path.read_text()) if self._path else {}
            if isinstance(found, dict):
                pairs = cast("dict[str, object]", found).items()
                return {key: seq for key, seq in pairs if isinstance(seq, int)}
        return {}
