"""Everything the rehearsed model was ever told, so that a test can say what it was not told."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from adapters.rehearsal.model_server.asked import Kind, Vendor


@dataclass(frozen=True, slots=True)
class Request:
    """One request and what became of it. The key itself is never kept."""

    path: str
    protocol: Vendor
    has_key: bool
    headers: Mapping[str, str]  # without the key's
    raw: str  # the body as it came
    status: int
    model: str = ""
    kind: Kind | None = None  # None: no reply was asked for, or the request was refused
    system: str = ""
    prompt: str = ""  # what the user side said last
    tools: tuple[str, ...] = ()
    tool_choice: object = None
    rule: int | None = None  # its number in the script; None: none matched
    step: int | None = None
    fault: str | None = None

    @property
    def body(self) -> dict[str, object]:
        return json.loads(self.raw)


class Journal:
    """Append-only; written to ``path`` as JSON lines too, if there is one."""

    def __init__(self, path: Path | None = None) -> None:
        self._requests: list[Request] = []
        self._path = path
        self._grown = asyncio.Condition()

    def __iter__(self) -> Iterator[Request]:
        return iter(tuple(self._requests))

    def __len__(self) -> int:
        return len(self._requests)

    def __getitem__(self, index: int) -> Request:
        return self._requests[index]

    def of(self, kind: Kind) -> tuple[Request, ...]:
        """Those of one kind, in order: the model's work, say, without Claude Code's side requests."""
        return tuple(request for request in self._requests if request.kind == kind)

    def mentions(self, words: str) -> bool:
        """Whether ``words`` ever reached the model, in any body or header."""
        forms = {words, json.dumps(words)[1:-1], json.dumps(words, ensure_ascii=False)[1:-1]}
        told = [text for request in self._requests for text in (request.raw, *request.headers.values())]
        return any(form in text for form in forms for text in told)

    async def reach(self, count: int) -> None:
        """Wait until ``count`` requests have come."""
        async with self._grown:
            await self._grown.wait_for(lambda: len(self._requests) >= count)

    async def add(self, request: Request) -> None:
        async with self._grown:
            self._requests.append(request)
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(request), ensure_ascii=False) + "\n")
            self._grown.notify_all()
