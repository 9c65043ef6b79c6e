"""The entry point ``frontdesk.specialists``: from the house's configuration to the plain models' settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.specialists.completion.settings import CompletionSettings, KnownModel
from adapters.specialists.completion.specialist import Completion
from bot.settings.models import key_of, keys_of_models

if TYPE_CHECKING:
    from bot.settings import Settings


def make(settings: Settings, name: str) -> Completion:
    """What ``[specialists.<name>]`` describes, with every model of ``[models]``."""
    return Completion(completion_settings(settings, name), name=name)


def completion_settings(settings: Settings, name: str) -> CompletionSettings:
    table = settings.specialists[name]
    models = {
        row.model: KnownModel(
            key_of(settings, row.model.partition(":")[0]),
            row.base_url,
            row.usd_per_million_in,
            row.usd_per_million_out,
            row.context,
        )
        for row in settings.models.values()
    }
    own = [project.model for project in settings.projects.values() if project.specialist == name]
    return CompletionSettings(
        model=table.model,
        models=models,
        keys=keys_of_models(settings, table.model, *own),
        base_url=table.base_url,
        at_once=table.at_once,
        tries=table.max_tries,
        items=table.max_items,
        answer_s=table.answer_s,
    )
