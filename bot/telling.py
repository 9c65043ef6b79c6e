"""A long result is told by a model that can only write; a short one stands as its specialist wrote it.

The call has no form of action, so what a worker wrote or a page said can cause none. It comes before the
run's end is stored: a house that dies meanwhile drives the run again, which then finds its work done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot import model_choice, reports
from bot.house import House
from bot.ledger import charge
from bot.model import events as ev
from bot.model.decisions import Written
from bot.model.dispatches import Billing, Dispatch, Run
from bot.model.log import Blob, LedgerRow
from bot.model.posts import FileView, Post
from bot.ports import Unit, Work

RULES: Final = "rules"
SECRETARY: Final = "secretary"
_OWN_WORDS: Final = (model_choice.RESEARCH, model_choice.COMPLETION)
"""Kinds of specialist whose text is what was asked for: nobody writes it anew."""

Tell = Callable[[str, str], Awaitable[Written]]
"""(what was asked for, what the specialist wrote) → what it says, in the model's words."""


class Telling:
    def __init__(self, house: House, tell: Tell | None) -> None:
        self._house = house
        self._tell = tell  # None: no model may be asked

    async def of(self, work: Work, event: ev.Parked | ev.Finished) -> Written | None:
        """None: the result is posted as it is."""
        table = self._house.settings.secretary
        if self._tell is None or not table.reports or not isinstance(event, ev.Finished):
            return None
        if event.end is not ev.End.DONE or len(event.text) < table.reports_from_chars:
            return None
        if model_choice.specialist_kind(self._house.settings, work.project) in _OWN_WORDS:
            return None
        async with self._house.store.reading() as unit:
            dispatch = await unit.get(Dispatch, work.dispatch)
        if dispatch is None or dispatch.cancel:
            return None
        written = await self._tell(_question(dispatch), self._house.redact(event.text))
        return None if written.by == RULES and not written.note else written


def _question(dispatch: Dispatch) -> str:
    """What was asked, and what the house itself has seen; both belong to an accurate report."""
    seen = "\n".join(f"- {note}" for note in dispatch.notes)
    return f"{dispatch.spec.goal}\n\n# What the house has seen\n{seen}" if seen else dispatch.spec.goal


async def post_of(
    unit: Unit, house: House, dispatch: Dispatch, run: Run, written: Written | None, now: datetime
) -> Post:
    """The result as people read it; with a report the specialist's own text comes as a file."""
    if written is None:
        return reports.result(dispatch, run, now)
    await _book(unit, house, dispatch, run, written)
    if written.by == RULES:
        content = reports.result(dispatch, run, now)
        return replace(content, markdown=f"{content.markdown}\n\n> {written.note}")
    content = reports.result(replace(dispatch, result=written.text), run, now)
    notes = f"\n\n> {written.note}" if written.note else ""
    file = await _file(unit, house, dispatch)
    return replace(
        content,
        markdown=content.markdown + notes,
        files=(*content.files, file),
        footer=f"{content.footer} · told by {written.by}, its own words are in the file",
    )


async def _file(unit: Unit, house: House, dispatch: Dispatch) -> FileView:
    data = dispatch.result.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    if await unit.get(Blob, sha256) is None:
        await unit.add(Blob(sha256, len(data), data, house.now()))
    return FileView(f"{dispatch.id}.md", sha256, len(data))


async def _book(unit: Unit, house: House, dispatch: Dispatch, run: Run, written: Written) -> None:
    """It is the secretary's request, for the person whose work it tells of."""
    if written.cost_usd == 0:
        return
    tokens = written.tokens
    row = LedgerRow(
        id=house.new_id(),
        at=house.now(),
        person=dispatch.person,
        project=SECRETARY,
        object=run.id,
        usd=written.cost_usd,
        billing=Billing.ESTIMATED,
        model=written.by,
        conversation=dispatch.conversation,
        input_tokens=tokens.input if tokens else None,
        cached_tokens=tokens.cached if tokens else None,
        output_tokens=tokens.output if tokens else None,
    )
    await charge(unit, house, row)
