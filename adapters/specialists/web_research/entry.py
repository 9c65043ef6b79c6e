"""The entry point ``frontdesk.specialists``: from the house's configuration to the researcher's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.specialists.web_research.settings import ResearchSettings
from adapters.specialists.web_research.specialist import WebResearch
from adapters.web.searching import Provider
from bot.errors import SettingsError
from bot.settings.models import key_of

if TYPE_CHECKING:
    from bot.settings import Settings


def make(settings: Settings, name: str) -> WebResearch:
    """The researcher that ``[specialists.<name>]`` describes; raises SettingsError if it is incomplete."""
    return WebResearch(research_settings(settings, name), name=name)


def research_settings(settings: Settings, name: str) -> ResearchSettings:
    table = settings.specialists[name]
    if table.model is None:
        raise SettingsError(
            f'specialists.{name}.model is missing; write provider:model, as in "openai:gpt-5-mini".'
        )
    if not table.search:
        raise SettingsError(f'specialists.{name}.search is missing; write for example search = ["searxng"].')
    return ResearchSettings(
        model=table.model,
        key=key_of(settings, table.model.partition(":")[0]),
        base_url=table.base_url,
        search=tuple(_provider(settings, name, kind) for kind in table.search),
        searches=table.max_searches,
        fetches=table.max_fetches,
        tokens=table.max_tokens,
        seconds=table.max_seconds,
    )


def _provider(settings: Settings, name: str, kind: str) -> Provider:
    """A key by the usual name: BRAVE_API_KEY and so on, from the environment or a file."""
    variable = f"{kind.upper()}_API_KEY"
    url = str(settings.specialists[name].searxng_url or "") if kind == "searxng" else ""
    try:
        return Provider(kind, url, settings.secrets.get(variable))
    except ValueError as error:
        remedy = "set searxng_url" if kind == "searxng" else f"set {variable}, or take it out"
        raise SettingsError(f"specialists.{name}.search: {error} To go on, {remedy}.") from error
