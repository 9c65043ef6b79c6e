"""Another specialist than the one that was chosen, or none; what a card says that work will take."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from adapters.rehearsal.contracts import examples
from bot import expectations
from bot.brief import Brief
from bot.model.decisions import Decision, Nothing, StartDispatch
from bot.model.dispatches import Dispatch, RunState, Spec, Status
from bot.ports import Unit
from storage.migrate import migrate
from storage.store import SqlStore
from tests.houses import CHAT, open_household, tables

ANSWER = Decision("Forty-two.", (Nothing(),), by="scripted:small")
START = StartDispatch("api", "Count", Spec("think for ever about it"), "it asks for a number", by_model=True)


async def decide(brief: Brief) -> Decision:
    """A model that asks a specialist, until its own answer is wanted."""
    return ANSWER if brief.message.own else Decision("", (START,), by="scripted:small")


async def test_the_secretary_answers_itself_when_a_specialist_was_too_much(tmp_path: Path) -> None:
    """One press cancels the work and gives the message a second turn; its answer offers a specialist."""
    async with open_household(tmp_path, tables(tmp_path, chats={CHAT: {}}), decide=decide) as house:
        house.platform.writes("ann", "how many are there")
        await house.until(lambda: any("Answer it yourself" in m.buttons for m in house.platform.messages()))
        house.platform.presses("ann", "Answer it yourself")
        await house.until_said("Forty-two.")
        (dispatch,) = await house.rows(Dispatch)
        assert dispatch.cancel == "cancel" or dispatch.status is Status.CANCELLED
        answer = next(m for m in house.platform.messages() if "Forty-two." in m.text)
        assert "Ask a specialist instead" in answer.buttons
        house.platform.presses("ann", "Ask a specialist instead")
        await house.until_said("Who shall look at it?")
        assert len(await house.rows(Dispatch)) == 1


async def test_what_work_will_take_is_told_from_five_runs_on(tmp_path: Path) -> None:
    """Fewer tell nothing; what was odd at either end is left out of many."""
    await migrate(str(tmp_path / "rows.sqlite3"))
    store = SqlStore(str(tmp_path / "rows.sqlite3"))
    try:
        async with store.transaction() as unit:
            await unit.add(examples.conversation(), examples.message(1))
            for n in range(1, 5):
                await _ended(unit, n)
            assert await expectations.expected(unit, "api") == ""
            for n in range(5, 21):
                await _ended(unit, n)
            assert await expectations.expected(unit, "api") == "usually 3 min to 18 min, $0.03 to $0.18"
    finally:
        await store.close()


async def _ended(unit: Unit, n: int) -> None:
    dispatch = examples.dispatch(n, status=Status.DONE, project="api", session=None)
    ended = examples.NOON + timedelta(minutes=n)
    told = {"state": RunState.FINISHED, "started_at": examples.NOON, "ended_at": ended, "cost_usd": n / 100}
    await unit.add(dispatch, examples.run(1, dispatch.id, **told))
