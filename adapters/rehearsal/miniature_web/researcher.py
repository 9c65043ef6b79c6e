"""The real researcher on the miniature web: the specialist of the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from adapters.rehearsal.miniature_web.content import SITES
from adapters.rehearsal.miniature_web.network import RehearsedNetwork
from adapters.specialists.web_research.entry import research_settings
from adapters.specialists.web_research.specialist import WebResearch
from adapters.web.fetching import Fetcher, FetchLimits
from bot.errors import SettingsError

if TYPE_CHECKING:
    from bot.settings import Settings

PAUSE_S: Final = 0.1
"""Between two requests to one of its sites, which nobody else visits."""


def make(settings: Settings, name: str) -> WebResearch:
    """Its pages are where its search engine is: ``searxng_url``, on this machine."""
    where = urlsplit(str(settings.specialists[name].searxng_url or ""))
    if where.hostname != "127.0.0.1" or where.port is None:
        raise SettingsError(
            f"specialists.{name}.searxng_url must be where the miniature web listens: http://127.0.0.1:PORT."
        )
    network = RehearsedNetwork(SITES, (where.hostname, where.port))
    fetcher = Fetcher(FetchLimits(pause_s=PAUSE_S), network=network)
    return WebResearch(research_settings(settings, name), name=name, fetcher=fetcher)
