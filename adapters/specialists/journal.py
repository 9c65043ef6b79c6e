"""What a session of ours is made of on disk: lines of JSON that are only added to, and survive a crash."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import Any


class Journal:
    def __init__(self, config_dir: str, session: str, *, durable: bool) -> None:
        """``durable``: an entry is on disk before anything follows, else with the operating system."""
        self.path = Path(config_dir, "sessions", f"{uuid.UUID(session)}.jsonl")
        self._durable = durable

    @property
    def is_new(self) -> bool:
        return not self.path.exists()

    def entries(self) -> list[dict[str, Any]]:
        """Oldest first. A line that a crash tore in two never happened, and is cut off."""
        if self.is_new:
            return []
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            os.truncate(self.path, len(whole))
        return [json.loads(line) for line in whole.decode().splitlines()]

    def append(self, entry: dict[str, Any]) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(f"{json.dumps(entry)}\n".encode())
            if self._durable:
                file.flush()
                os.fsync(file.fileno())
