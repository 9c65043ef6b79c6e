"""Approvals that people keep on: asked once, a few at a time, allowed again only as far as somebody said."""

from __future__ import annotations

from pathlib import Path

from bot import permissions, works
from bot.lifecycle import next_run, reread
from bot.model.conversations import Outcome
from bot.model.dispatches import Dispatch
from bot.model.log import AuditRow
from bot.model.posts import ButtonAction, OutboxRow, PostKind
from bot.model.questions import Question, QuestionState, Verdict
from bot.ports import Unit
from tests.approval_house import PEOPLE, Scene, open_scene

TAG = '{"command":"git tag"}'


async def posted(scene: Scene) -> list[str]:
    """The posts of questions, without their redraws."""
    rows = await scene.house.rows(OutboxRow, edits=None)
    return [row.question or "" for row in rows if row.kind is PostKind.QUESTION]


async def card(scene: Scene) -> tuple[str, ...]:
    (dispatch,) = await scene.house.rows(Dispatch, id="d1")
    return dispatch.notes


async def test_the_same_call_under_another_request_joins_the_open_question(tmp_path: Path) -> None:
    """One post, one press; the answer goes to who asked last."""
    async with open_scene(tmp_path) as scene:
        joined = await scene.ask(request="again")
        assert (joined.id, joined.request) == ("q1", "again")
        assert await posted(scene) == ["q1"]


async def test_what_was_denied_in_this_run_is_denied_again_with_the_same_words(tmp_path: Path) -> None:
    """No new post, the audit says so; the next run may ask a person once more."""
    async with open_scene(tmp_path) as scene:
        await scene.press(await scene.token(ButtonAction.DENY_WHY), words="not on a Friday")
        await scene.house.until_said("It is denied: not on a Friday.")
        again = await scene.ask(request="again")
        assert again.reply is not None
        assert (again.reply.verdict, again.reply.text) == (Verdict.DENIED, "not on a Friday")
        assert (again.state, again.delivered_run) == (QuestionState.ANSWERED, None)
        assert await posted(scene) == ["q1"]
        assert [row.person for row in await scene.house.rows(AuditRow, action="question.denied_again")] == [
            "ann"
        ]


async def test_more_approvals_than_people_can_read_are_held_until_one_is_decided(tmp_path: Path) -> None:
    """The card says that they wait; nobody can decide about what was not shown; a cancel withdraws them."""
    async with open_scene(tmp_path, questions={"grace_s": 0.05, "open_approvals": 2}) as scene:
        for name in ("a", "b", "c"):
            await scene.ask(request=name, input=f'{{"command":"git tag {name}"}}')
        assert [(await scene.question(f"q{n}")).state.value for n in range(1, 5)] == ["open"] * 2 + [
            "held"
        ] * 2
        assert await posted(scene) == ["q1", "q2"]
        assert await card(scene) == ("2 more approvals will be asked for once an open one is decided.",)
        scene.house.platform.writes("ann", "/approve q3")
        await scene.house.until_said("q3 is asked once an open approval of d1 is decided")
        assert (await scene.press(await scene.token(ButtonAction.DENY, "q2"))).outcome is Outcome.ACCEPTED
        assert await posted(scene) == ["q1", "q2", "q3"]
        assert (await scene.question("q4")).state is QuestionState.HELD
        scene.house.platform.writes("ann", "cancel d1")
        await scene.house.until_said("d1")
        await scene.house.until_rows(_q4_is_withdrawn)
        assert await posted(scene) == ["q1", "q2", "q3"]


async def _q4_is_withdrawn(unit: Unit) -> bool:
    item = await unit.get(Question, "q4")
    return item is not None and item.state is QuestionState.WITHDRAWN


async def test_a_call_allowed_for_the_session_passes_until_the_dispatch_is_to_end(tmp_path: Path) -> None:
    """Exactly that call, with no post; another commit asks; nothing passes after a cancel was asked for."""
    async with open_scene(tmp_path) as scene:
        ann = scene.house.settings.person_named("ann")
        assert ann is not None
        await scene.press(await scene.token(ButtonAction.GRANT_SESSION))
        await scene.house.until_said("It is granted.")
        passed = await scene.ask(request="second")
        assert passed.reply is not None
        assert (passed.id, passed.state, passed.reply.session) == ("q1", QuestionState.ANSWERED, True)
        moved = await scene.ask(request="third", commit="c" * 40)
        assert (moved.id, moved.state) == ("q2", QuestionState.OPEN)
        assert any("Allowed for this session by ann (q1)" in line for line in await card(scene))
        detail = await scene.house.running.desk.show(ann, "d1")
        assert [grant.question for grant in detail.session_grants] == ["q1"]
        async with scene.house.store.transaction() as unit:
            await unit.change(passed, delivered_run=2, used=True)
            await unit.change(await reread(unit, "d1"), cancel="cancel")
        late = await scene.ask(request="fourth")
        assert (late.id, late.state) == ("q3", QuestionState.OPEN)


async def test_a_rule_joins_what_the_next_run_may_use_until_it_is_revoked(tmp_path: Path) -> None:
    """The file's own rules come first; a project without tools stays without."""
    people = PEOPLE | {"dora": {"role": "admin"}}
    async with open_scene(tmp_path, people=people) as scene:
        desk, dora = scene.house.running.desk, scene.house.settings.person_named("dora")
        assert dora is not None
        project = scene.house.settings.projects["api"]
        async with scene.house.store.reading() as unit:
            assert await permissions.tools_allowed(unit, "api", project) is None
        await desk.allow(dora, "api", "Bash(pytest:*)")
        async with scene.house.store.transaction() as unit:
            run = await next_run(unit, desk.house, await reread(unit, "d1"), prompt="again")
            work = await works.begin(unit, desk.house, run.id)
        assert work is not None
        assert work.tools_allowed == ("Bash(pytest *)",)
        with_own = project.model_copy(update={"allowed_tools": ("Grep",)})
        without = project.model_copy(update={"allowed_tools": ()})
        async with scene.house.store.reading() as unit:
            assert await permissions.tools_allowed(unit, "api", with_own) == ("Grep", "Bash(pytest *)")
            assert await permissions.tools_allowed(unit, "api", without) == ()
        await desk.revoke(dora, "r1")
        assert await desk.rules(dora) == []
