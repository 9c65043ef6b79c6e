"""What the operator decides once for all runs of plain models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KnownModel:
    """What is known of a ``provider:model``, beyond its name."""

    key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    usd_per_million_in: float | None = None  # None: the list price
    usd_per_million_out: float | None = None
    context: int | None = None  # tokens


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    model: str | None = None  # provider:model, where the work names none
    models: Mapping[str, KnownModel] = field(default_factory=dict[str, KnownModel])
    keys: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)  # by provider
    base_url: str | None = None  # of ``model``
    at_once: int = 8  # items of a list
    tries: int = 4  # of one item
    items: int = 10_000  # of one list
    answer_s: float = 120.0
    pause_s: float = 1.0  # before the second try; twice as long before each further one
    longest_pause_s: float = 60.0  # who asks for more is left alone until then

    def known(self, model: str) -> KnownModel:
        """Also of a model that has no table."""
        if model in self.models:
            return self.models[model]
        base_url = self.base_url if model == self.model else None
        return KnownModel(self.keys.get(model.partition(":")[0]), base_url)
