"""What a scripted session has done: an append-only file of JSON lines, each on disk before anything follows.

What is known is what the lines say: ``State`` is made by reading them and kept up by the same function.
A line that a crash tore in two never happened.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bot.model.dispatches import Step, StepState

Entry = dict[str, Any]


@dataclass(slots=True)
class State:
    """Everything a session remembers."""

    told: dict[str, str] = field(default_factory=dict[str, str])  # run → what it was told
    first: str = ""  # the prompt that began the session
    scenes: int = 0
    rule: int | None = None  # of the scene
    prompt: str = ""  # that began the scene
    over: bool = True  # the scene has ended well
    position: int = 0  # steps of the scene that are done
    plan: tuple[Step, ...] = ()
    words: str = ""  # the last of the scene
    answer: str = ""  # the last of the session
    answers: dict[str, str] = field(default_factory=dict[str, str])  # request → answer
    waiting: str | None = None  # the request that waits for a person
    binds: str = ""  # the hash of the call it asks to allow; empty for a question
    parked: bool = False  # … and no process waits with it
    asked: Counter[str] = field(default_factory=Counter[str])  # step → how often it had to ask
    trouble: Counter[str] = field(default_factory=Counter[str])  # step → how often it went wrong
    notes: dict[str, str] = field(default_factory=dict[str, str])  # read ones
    usd: float = 0.0

    @property
    def step(self) -> str:
        """The place in the session; the same however often it is tried."""
        return f"{self.scenes}.{self.position}"

    @property
    def request(self) -> str:
        """What the step at work calls its question."""
        return f"{self.step}.{self.asked[self.step]}"

    def apply(self, entry: Entry) -> None:
        match entry:
            case {"kind": "told", "run": run, "text": text}:
                self.told[run] = text
                self.parked = False
            case {"kind": "scene", "rule": rule, "prompt": prompt}:
                self.scenes, self.rule, self.prompt, self.over = self.scenes + 1, rule, prompt, False
                self.position, self.words, self.waiting = 0, "", None
                self.first = self.first or prompt
            case {"kind": "done"}:
                self.position, self.waiting = self.position + 1, None
            case {"kind": "said", "text": text}:
                self.words = text
            case {"kind": "planned", "steps": steps}:
                self.plan = tuple(Step(id, text, StepState(state)) for id, text, state in steps)
            case {"kind": "asks", "request": request, "binds": binds}:
                self.waiting, self.binds, self.parked = request, binds, False
            case {"kind": "parked"}:
                self.parked = True
            case {"kind": "answered", "request": request, "text": text}:
                self.answers[request] = self.answer = text
                self.waiting, self.parked = None, False
            case {"kind": "asks anew"}:
                self.asked[self.step] += 1
                self.waiting, self.parked = None, False
            case {"kind": "note", "id": id, "text": text}:
                self.notes[id] = text
            case {"kind": "trouble"}:
                self.trouble[self.step] += 1
            case {"kind": "spent", "usd": usd}:
                self.usd += usd
            case {"kind": "ended"}:
                self.over = True
            case _:
                pass  # begun, interrupted: for the reader of the file


class Transcript:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = State()
        self.entries = 0

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The session's transcript; None when nothing of it is on disk."""
        if not path.exists():
            return None
        found = cls(path)
        whole = _whole_lines(path)
        for line in whole.splitlines():
            found._apply(json.loads(line))
        return found if found.entries else None

    def append(self, kind: str, **fields: object) -> None:
        """On disk when this returns."""
        entry: Entry = {"kind": kind, **fields}
        line = json.dumps(entry, ensure_ascii=False) + "\n"
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._apply(entry)

    def _apply(self, entry: Entry) -> None:
        self.state.apply(entry)
        self.entries += 1


def _whole_lines(path: Path) -> str:
    """The text up to its last line end; the rest is cut off the file."""
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if end < len(data):
        os.truncate(path, end)
    return data[:end].decode()
