"""Plain models as the house sees them: starts runs, says whether they are fit."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from adapters.specialists.completion import lists
from adapters.specialists.completion.answering import Answering
from adapters.specialists.completion.asking import Asking, Connect
from adapters.specialists.completion.bulk import Bulk
from adapters.specialists.completion.lists import Shape
from adapters.specialists.completion.run import Body, CompletionRun
from adapters.specialists.completion.session import Session
from adapters.specialists.completion.settings import CompletionSettings
from adapters.specialists.completion.telling import Telling
from bot.errors import Reason, SpecialistError
from bot.model.events import Listed
from bot.model.items import Item, ItemState, list_named
from bot.ports import FINISH, Ability, Given, Health, Work

LOST: Final = "What was said before was lost; this session starts from a summary."
_NEEDED: Final = ("pydantic_ai", "jsonschema")
_AGAIN: Final = re.compile(
    r"\s*(?:please\s+)?(?:again|retry|try (?:it |them )?again|once more)\b", re.IGNORECASE
)


class Completion:
    """``connect`` is for a rehearsal; it is an argument that no configuration can name."""

    def __init__(
        self, settings: CompletionSettings, *, name: str = "completion", connect: Connect | None = None
    ) -> None:
        self.name: Final = name
        self.abilities: Final = frozenset({Ability.RESUME, Ability.COST, Ability.FILES})
        self._settings = settings
        self._asking = Asking(settings, connect)

    async def start(self, work: Work) -> CompletionRun:
        if not Path(work.directory).is_dir():
            raise SpecialistError(
                f"The directory {work.directory} of [projects.{work.project}] does not exist; create it, or "
                "correct frontdesk.toml.",
                reason=Reason.NOT_FOUND,
            )
        if missing := _missing():
            raise SpecialistError(
                f"Plain models need {missing[0]}; install frontdesk[models].", reason=Reason.NOT_FOUND
            )
        model = self._model(work)
        session, note = Session.open(work.config_dir, work.session), ""
        if work.resume and session.is_new:
            session, note = Session.open(work.config_dir, str(uuid.uuid4())), LOST
        lost = work.summary if note else ""

        async def prepare(telling: Telling) -> tuple[Body, Bulk | None]:
            bulk = await self._bulk(work, model, session, telling)
            if bulk is not None:
                return bulk.work_to_the_end, bulk
            session.begin(work.run, work.prompt)
            alone = Answering(
                work, model, session, self._asking, self._settings, lost=lost, results=_results(work)
            )
            return alone.work_to_the_end, None

        return CompletionRun(work, session, prepare, model=model, note=note)

    async def health(self) -> Health:
        if missing := _missing():
            return Health(False, f"{', '.join(missing)} is not installed.", "Install frontdesk[models].")
        names = [*filter(None, [self._settings.model]), *self._settings.models]
        if not names:
            return Health(
                False, "No model is named.", f'Write [models.fast], or specialists.{self.name}.model = "…".'
            )
        return Health(True, f"{', '.join(dict.fromkeys(names))}; asked when there is work.")

    async def close(self) -> None:
        await self._asking.close()

    def _model(self, work: Work) -> str:
        model = work.model or self._settings.model
        if not model or ":" not in model:
            what = f"{model} is no provider:model" if model else "No model is named for this work"
            raise SpecialistError(
                f'{what}; write [models.fast] with model = "provider:model", or name one in '
                f"[specialists.{self.name}].",
                reason=Reason.INPUT,
            )
        return model

    async def _bulk(self, work: Work, model: str, session: Session, telling: Telling) -> Bulk | None:
        """The work item by item that is to be begun or to go on; None for one answer."""
        task, shape, name, items = await self._items(work, telling)
        if not items:
            return None
        return Bulk(
            work, task, shape, name, items,
            model=model, session=session, asking=self._asking, settings=self._settings,
        )  # fmt: skip

    async def _items(self, work: Work, telling: Telling) -> tuple[str, Shape, str, tuple[Item, ...]]:
        named, before = list_named(work.prompt), work.listed
        if before is not None and (named is None or before.task in work.prompt):
            items = _wanted(work, named is not None)
            left = any(item.state not in (ItemState.DONE, ItemState.FAILED) for item in items)
            if left or named is not None or work.prompt == FINISH:
                return before.task, Shape.load(before.shape), before.name, items
        if named is None or (before is not None and before.task in work.prompt):
            return "", Shape("text"), "", ()
        file = lists.find(work, named)
        shape, texts = lists.read(file, self._settings.items)
        await telling.stored(Listed(file.name, work.prompt, shape.dump(), texts))
        items = tuple(Item("", "", work.dispatch, n, text) for n, text in enumerate(texts, 1))
        return work.prompt, shape, file.name, items


def _wanted(work: Work, whole_task: bool) -> tuple[Item, ...]:
    """Told its task or "again" in a further run, what failed is asked about again."""
    if work.attempt > 1 or not (whole_task or _AGAIN.match(work.prompt)):
        return work.items
    return tuple(
        replace(item, state=ItemState.SENT) if item.state is ItemState.FAILED else item for item in work.items
    )


def _results(work: Work) -> tuple[Given, ...]:
    """What bulk work of this dispatch has brought, as a file for questions about it."""
    if work.listed is None:
        return ()
    shape = Shape.load(work.listed.shape)
    return (Given(lists.written_name(work.listed.name, shape), lists.written(shape, work.items)),)


def _missing() -> list[str]:
    return [name for name in _NEEDED if find_spec(name) is None]
