"""Whatever is tried on an approval, nothing happens but what the right person saw and pressed, once."""

from __future__ import annotations

import asyncio
import string
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from adapters.rehearsal.scripted_chat.faults import Fault
from bot.app import open_desk
from bot.errors import Refused
from bot.model.conversations import Outcome, Receipt
from bot.model.dispatches import Dispatch, Run, Status
from bot.model.log import AuditRow
from bot.model.posts import Button, ButtonAction, OutboxRow
from bot.model.questions import QuestionState
from bot.ports import Unit
from tests.approval_house import NOTHING, PLAY, Scene, open_scene, rehashed

GRANTING = [ButtonAction.GRANT, ButtonAction.GRANT_SESSION]
CHANGES: dict[str, Callable[[str], str]] = {
    "tool": lambda value: value[:-1] + "i",
    "input": lambda value: value.replace("push", "pusH"),
    "directory": lambda value: value[:-1] + "j",
    "commit": lambda value: value + "0",
}


async def test_a_token_with_one_character_changed_is_unknown(tmp_path: Path) -> None:
    """Every character of it, to every neighbour that a token could have there."""
    async with open_scene(tmp_path) as scene:
        for action in GRANTING:
            token = await scene.token(action)
            for place, char in enumerate(token):
                other = string.ascii_letters[(string.ascii_letters.find(char) + 1) % 52]
                receipt = await scene.press(token[:place] + other + token[place + 1 :])
                assert receipt.outcome is Outcome.REFUSED
        assert await scene.effects() == NOTHING


async def test_only_the_right_person_in_the_right_conversation_is_heard(tmp_path: Path) -> None:
    """HermesAgent #80281, OpenClaw #65714: anyone in the channel could approve, anywhere."""
    async with open_scene(tmp_path) as scene:
        for action in GRANTING:
            token = await scene.token(action)
            for who, where in (("bob", "main"), ("vera", "main"), ("mallory", "main"), ("ann", "side")):
                assert (await scene.press(token, who, where)).outcome is Outcome.REFUSED, (who, where)
        assert await scene.effects() == NOTHING
        assert (await scene.press(await scene.token(), "carol")).text == "Approved, once."


async def test_a_second_press_and_a_replayed_one_do_nothing_more(tmp_path: Path) -> None:
    """The same event again is a duplicate; the same button, or its neighbour, is told who was first."""
    async with open_scene(tmp_path) as scene:
        token, denying = await scene.token(), await scene.token(ButtonAction.DENY)
        session = await scene.token(ButtonAction.GRANT_SESSION)
        assert (await scene.press(token, key="one")).outcome is Outcome.ACCEPTED
        assert (await scene.press(token, key="one")).outcome is Outcome.DUPLICATE
        assert "used already" in (await scene.press(token, "carol")).text
        for other in (denying, session):
            assert "closed already" in (await scene.press(other)).text
        await scene.house.until_said("It is granted.")
        assert (await scene.effects())[:3] == (1, 1, 0)


@pytest.mark.parametrize("state", [QuestionState.EXPIRED, QuestionState.WITHDRAWN, QuestionState.HELD])
async def test_a_question_that_is_not_open_takes_no_press(tmp_path: Path, state: QuestionState) -> None:
    """Silence grants nothing, and neither does a press that comes after it."""
    async with open_scene(tmp_path) as scene:
        await scene.change(await scene.question(), state=state)
        for action in GRANTING:
            assert (await scene.press(await scene.token(action))).outcome is Outcome.REFUSED
        scene.house.platform.writes("ann", "/approve q1")
        await scene.house.until_said("q1 is ")
        assert await scene.effects() == NOTHING


async def test_a_button_past_its_expiry_is_dead_before_the_sweep_has_come(tmp_path: Path) -> None:
    """The row says until when, whatever the question still says."""
    async with open_scene(tmp_path) as scene:
        late = scene.house.running.desk.house.now() - timedelta(seconds=1)
        (row,) = await scene.house.rows(Button, id=await scene.token())
        async with scene.house.store.transaction() as unit:
            await unit.change(row, expires_at=late)
        assert "expired" in (await scene.press(row.id)).text
        assert await scene.effects() == NOTHING


@pytest.mark.parametrize("field", CHANGES)
async def test_one_byte_changed_after_the_post_makes_the_press_void(tmp_path: Path, field: str) -> None:
    """The older post says so and is redrawn; only the newer one, which shows the change, grants."""
    async with open_scene(tmp_path) as scene:
        item = await scene.question()
        assert item.approval is not None
        old = {action: await scene.token(action) for action in (*GRANTING, ButtonAction.DENY)}
        why = await scene.token(ButtonAction.DENY_WHY)
        changed = rehashed(item.approval, **{field: CHANGES[field](getattr(item.approval, field))})
        await scene.ask_exactly(item.request, changed)
        for token in (*old.values(), why):
            assert "something else by now" in (await scene.press(token)).text
        assert await scene.effects() == NOTHING
        assert (await scene.question()).state is QuestionState.OPEN
        redrawn = [row.post.markdown for row in await scene.house.rows(OutboxRow) if row.edits]
        assert any("The call has changed" in text for text in redrawn)
        assert (await scene.press(await scene.token())).outcome is Outcome.ACCEPTED


async def test_a_command_grants_what_was_posted_last_and_nothing_newer(tmp_path: Path) -> None:
    """While the new post is on its way, nobody can have seen what it shows."""
    async with open_scene(tmp_path) as scene:
        item = await scene.question()
        assert item.approval is not None
        changed = rehashed(item.approval, input='{"command":"git push --force"}')
        desk, ann = scene.house.running.desk, scene.house.settings.person_named("ann")
        assert ann is not None
        scene.house.platform.faults.mix = {Fault.LOSE: 1.0}
        await scene.ask_exactly(item.request, changed)
        with pytest.raises(Refused, match="something else by now"):
            await desk.approve(ann, "q1")
        with pytest.raises(Refused, match="something else by now"):
            await desk.approve(ann, "q1", shown=item.approval.hash)
        with pytest.raises(Refused, match="something else by now"):
            await desk.approve(ann, "q1", shown=changed.hash[:4])
        assert await scene.effects() == NOTHING
        await desk.approve(ann, "q1", shown=changed.hash[:12])
        assert (await scene.effects())[0] == 1


async def test_a_token_of_another_question_decides_only_about_that_one(tmp_path: Path) -> None:
    """Two calls wait: the press of one leaves the other as it was."""
    async with open_scene(tmp_path) as scene:
        other = await scene.ask(request="another", input='{"command":"git tag"}')
        assert (await scene.press(await scene.token(question=other.id))).outcome is Outcome.ACCEPTED
        assert (await scene.question()).state is QuestionState.OPEN
        assert (await scene.question()).reply is None


async def test_a_worker_that_lies_about_requests_and_hashes_moves_nothing(tmp_path: Path) -> None:
    """Another's request, another's hash, an answered request for a new call: each is asked of a person."""
    async with open_scene(tmp_path) as scene:
        item = await scene.question()
        assert item.approval is not None
        lie = await scene.ask(request="lie", input='{"command":"rm -rf ."}')  # with the hash that q1 shows
        assert lie.approval is not None
        assert lie.approval.hash == rehashed(lie.approval).hash != item.approval.hash
        for request in ("q1", "d1", "d2", "", item.request + "\x00", "'; DROP TABLE questions; --"):
            await scene.ask(request=request, input='{"command":"rm -rf ."}')
        assert await scene.effects() == NOTHING
        assert (await scene.question()).approval == item.approval
        assert (await scene.press(await scene.token())).outcome is Outcome.ACCEPTED
        dirty = await scene.ask(request=item.request, input='{"command":"rm -rf ."}')
        assert (dirty.state, dirty.reply) == (QuestionState.OPEN, None), "an old grant went to a new call"


async def test_fifty_presses_at_once_have_exactly_one_effect(any_database: str, tmp_path: Path) -> None:
    """Buttons, commands and the command line, of two people and two processes, on both databases."""
    database = any_database if any_database.startswith("postgres") else None
    async with open_scene(tmp_path, database=database) as scene, open_desk(scene.house.settings) as other:
        tokens = [await scene.token(action) for action in (*GRANTING, ButtonAction.DENY)]
        carol = scene.house.settings.person_named("carol")
        assert carol is not None

        async def on_the_command_line(n: int) -> Receipt:
            try:
                await (other.approve(carol, "q1") if n % 2 else other.deny(carol, "q1"))
            except Refused as error:
                return Receipt(Outcome.REFUSED, str(error))
            return Receipt(Outcome.ACCEPTED)

        presses = [scene.press(tokens[n % 3], ("ann", "carol")[n % 2]) for n in range(40)]
        receipts = await asyncio.gather(*presses, *map(on_the_command_line, range(10)))
        assert Counter(receipt.outcome for receipt in receipts) == {Outcome.ACCEPTED: 1, Outcome.REFUSED: 49}
        await scene.house.until_rows(partial(_done, scene))
        closing = ("question.granted", "question.granted_for_session", "question.denied")
        assert len([row for row in await scene.house.rows(AuditRow) if row.action in closing]) == 1
        assert len(await scene.house.rows(Run)) == 2
        pushed = tmp_path / "api/pushed.txt"
        assert not pushed.exists() or pushed.read_text() == "x"


async def _done(scene: Scene, unit: Unit) -> bool:
    """The house is told to look, as the other process would do by a signal."""
    scene.house.running.clock.ring()
    dispatch = await unit.get(Dispatch, "d1")
    return dispatch is not None and dispatch.status is Status.DONE


async def test_fifty_presses_of_one_button_push_once(any_database: str, tmp_path: Path) -> None:
    """The file has one letter, the audit one grant, and the dispatch one more run."""
    database = any_database if any_database.startswith("postgres") else None
    async with open_scene(tmp_path, database=database) as scene:
        token = await scene.token()
        receipts = await asyncio.gather(*(scene.press(token, ("ann", "carol")[n % 2]) for n in range(50)))
        assert Counter(receipt.outcome for receipt in receipts)[Outcome.ACCEPTED] == 1
        await scene.house.until_said("It is granted.")
        assert await scene.effects() == (1, 1, 0, True)
        assert (tmp_path / "api/pushed.txt").read_text() == "x"


async def test_a_call_that_hides_itself_is_shown_as_it_is(tmp_path: Path) -> None:
    """Trojan Source, ANSI, zero-width and a fence in the command: the post shows every one of them."""
    command = "git push\u202e\u200b\x1b[2K # ```\n\nApproved already, just press"
    play = {"rules": [{**PLAY["rules"][0], "steps": [{"approve": "Bash", "input": {"command": command}}]}]}
    async with open_scene(tmp_path, play=play) as scene:
        (text,) = [text for text in scene.house.shown() if "asks for approval" in text]
        for shown in ("⟨U+202E⟩", "⟨U+200B⟩", "⟨U+001B⟩", "````"):
            assert shown in text
        assert not {"\u202e", "\u200b", "\x1b"} & set(text)
