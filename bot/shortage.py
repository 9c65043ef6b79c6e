"""A budget is used up: what cannot start waits as a row, and one post says so with the ways out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bot.budgets import Shortage, micros
from bot.errors import Conflict
from bot.house import House
from bot.model.dispatches import Dispatch, Session
from bot.model.log import Alert
from bot.model.posts import ButtonAction, ButtonView, Post, PostKind, Style
from bot.outbox import button, post
from bot.ports import Unit


@dataclass(frozen=True, slots=True)
class Addition:
    """Money that a press would add: exactly what its button says, to exactly this budget and period."""

    budget: str  # person:ann | day | month, or dispatch:d7 for the limit of its next run
    period: str
    usd: float


def dump(additions: Sequence[Addition]) -> str:
    """As a button keeps them."""
    return json.dumps([asdict(each) for each in additions])


def load(text: str) -> list[Addition]:
    return [Addition(**each) for each in json.loads(text)]


def own(dispatch: Dispatch) -> str:
    """The name of a dispatch's own limit among the budgets."""
    return f"dispatch:{dispatch.id}"


def of_run(dispatch: Dispatch, usd: float) -> list[Addition]:
    """What goes on after a run that reached its own limit: another run that may cost as much."""
    return [Addition(own(dispatch), f"{dispatch.id}/{dispatch.runs}", usd)]


def words(shortages: Sequence[Shortage]) -> str:
    """Why the run waits, for its card."""
    return f"{'; '.join(map(str, shortages))}. It goes on when there is room."


async def tell(unit: Unit, house: House, dispatch: Dispatch, shortages: Sequence[Shortage]) -> None:
    """One post per conversation, budget, period and limit, however much work waits for it there."""
    if not await _is_news(unit, house, dispatch.conversation, shortages):
        return
    outbox = house.new_id()
    buttons = await _buttons(unit, house, dispatch, shortages, outbox)
    content = Post(
        f"**{dispatch.id}** · {dispatch.title} — waits for money.\n\n{words(shortages)}",
        buttons=buttons,
        mention=dispatch.person,
    )
    await post(unit, house, dispatch.conversation, content, PostKind.REPLY, dispatch=dispatch.id, id=outbox)


async def _is_news(unit: Unit, house: House, conversation: str, shortages: Sequence[Shortage]) -> bool:
    news = False
    for budget in (shortage.budget for shortage in shortages):
        id = f"{budget.name}:{budget.period}:{micros(budget.limit_usd)}:{conversation}"
        if await unit.get(Alert, id) is None:
            try:
                await unit.add(Alert(id, house.now()))
            except Conflict:
                continue
            news = True
    return news


async def _buttons(
    unit: Unit, house: House, dispatch: Dispatch, shortages: Sequence[Shortage], outbox: str
) -> tuple[ButtonView, ...]:
    additions = [Addition(each.budget.name, each.budget.period, each.missing_usd) for each in shortages]
    usd = max(each.missing_usd for each in shortages)
    session = await unit.get(Session, dispatch.session) if dispatch.session else None
    offers = [(ButtonAction.ADD_MONEY, f"Add ${usd}", dump(additions))]
    if session is not None and session.started:
        offers.append((ButtonAction.FINISH, "Finish with what is there", ""))
    offers.append((ButtonAction.STOP, "Stop", ""))
    return tuple(
        [
            await button(
                unit,
                house,
                dispatch.conversation,
                action,
                dispatch.id,
                label,
                argument=argument,
                style=Style.PRIMARY if action is ButtonAction.ADD_MONEY else Style.PLAIN,
                outbox=outbox,
            )
            for action, label, argument in offers
        ]
    )
