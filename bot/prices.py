"""List prices of models, the one file that knows genai-prices: what nobody lists is None, never 0."""

from __future__ import annotations

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
