"""List prices of models, the one file that knows genai-prices: what nobody lists is None, never 0."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.log import Tokens


def price_usd(model: str, tokens: Tokens) -> float | None:
    """What these tokens cost at ``provider:model``'s list price; None when it is unknown or not installed."""
    try:
        from genai_prices import Usage, calc_price  # late: its tables take a while to load
    except ModuleNotFoundError:
        return None
    provider, _, name = model.partition(":")
    usage = Usage(input_tokens=tokens.input, cache_read_tokens=tokens.cached, output_tokens=tokens.output)
    try:
        return float(calc_price(usage, name or provider, provider_id=provider if name else None).total_price)
    except (LookupError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Priced:
    """A model and what it costs; without prices of its own those of the list hold."""

    model: str  # provider:model
    usd_per_million_in: float | None = None
    usd_per_million_out: float | None = None

    def usd(self, tokens: Tokens) -> float | None:
        """None when neither it nor the list knows a price."""
        if self.usd_per_million_in is None or self.usd_per_million_out is None:
            return price_usd(self.model, tokens)
        return (tokens.input * self.usd_per_million_in + tokens.output * self.usd_per_million_out) / 1_000_000
