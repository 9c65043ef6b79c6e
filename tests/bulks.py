"""Bulk work in a house: lists, a model that fails as it is told, and what became of each item."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from adapters.rehearsal.model_server import (
    Asked,
    Fault,
    FaultKind,
    ModelServer,
    Rule,
    Script,
    Step,
    rule,
    step,
)
from adapters.rehearsal.model_server.script import Usage
from bot.model.items import Item, ItemState

CONFIGURATION: Final = """
[frontdesk]
home = "{home}"
[secretary]
model = "rules"
[people.ann]
role = "user"
[people.dora]
role = "admin"
[projects.shop]
directory = "{directory}"
specialist = "completion"
max_usd_per_dispatch = {usd}
[models.bulk]
model = "openai:gpt-oss-120b"
base_url = "{model}"
usd_per_million_in = 1.0
usd_per_million_out = 2.0
[specialists.completion]
max_tries = 4
answer_s = 20
"""
TASK: Final = "/run @shop for each row of reviews.csv: classify the mood"
_NUMBER: Final = re.compile(r"^number: (\d+)$", re.MULTILINE)
_FAULTS: Final = (
    Fault(FaultKind.STATUS, status=500),
    Fault(FaultKind.STATUS, status=429, retry_after_s=0.05),
    Fault(FaultKind.MALFORMED),
    Fault(FaultKind.CUT, after=0),
)


def configure(root: Path, items: int, model: str, usd: float = 2.0) -> Path:
    shop = root / "shop"
    shop.mkdir(exist_ok=True)
    rows = "".join(f"{n},It was number {n}.\n" for n in range(1, items + 1))
    (shop / "reviews.csv").write_text(f"number,text\n{rows}")
    path = root / "frontdesk.toml"
    path.write_text(CONFIGURATION.format(home=root / "home", directory=shop, model=model, usd=usd))
    return path


@dataclass
class Moody:
    """Answers "mood N" to item N; a fifth of the items fail once or twice, some fail for ever."""

    fails: Callable[[int], int] = lambda n: (1 + n % 2) if n % 5 == 0 else 0
    never: Callable[[int], bool] = lambda n: n % 97 == 0
    asked: Counter[int] = field(default_factory=Counter[int])  # requests by item, failed ones included

    def server(self) -> ModelServer:
        return ModelServer(Script(rules=(self.rule(),), usage=Usage(cache_read_share=0, cache_write_share=0)))

    def rule(self) -> Rule:
        return rule("classify the mood", reply=self._reply)

    def _reply(self, asked: Asked) -> Step:
        found = _NUMBER.search(asked.turns[-1].texts[-1])
        assert found, asked.turns[-1]
        n = int(found[1])
        self.asked[n] += 1
        if self.never(n) or self.asked[n] <= self.fails(n):
            return step("no", fault=_FAULTS[(n // 5 + self.asked[n]) % len(_FAULTS)])
        return step(f"mood {n}")

    @property
    def calls(self) -> int:
        return self.asked.total()

    def judge(self, items: list[Item], count: int) -> None:
        """Exactly one result or a stated error for each, and no call that is not counted as a try."""
        assert [item.n for item in items] == list(range(1, count + 1))
        for item in items:
            if item.state is ItemState.DONE:
                assert item.answer == f"mood {item.n}"
            else:
                assert item.state is ItemState.FAILED, item
                assert "did not answer" in item.answer
                assert self.never(item.n), item
            assert self.asked[item.n] <= item.tries, item
        retries = sum(item.tries - 1 for item in items)
        assert self.calls <= count + retries
