"""What each person owns in the house whose doors are tried: rows in each state that matters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from pydantic import TypeAdapter

from bot import actions, shortage
from bot.model import decisions
from bot.model.conversations import (
    Conversation,
    Message,
    MessageState,
    Summoned,
)
from bot.model.dispatches import Dispatch, ParkReason, Run, Session, Spec, Status
from bot.model.people import Identity, Pairing, Role
from bot.model.posts import (
    SCHEDULE_ACTIONS,
    Button,
    ButtonAction,
    OutboxRow,
    OutboxState,
    Part,
    PartRow,
    Post,
    PostKind,
)
from bot.model.questions import Ask, Option, Question, QuestionKind, QuestionState, approval_of
from bot.ports import Unit
from tests.rights_plan import two_schedules

CHAT: Final = "scripted"
NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FAR_OFF: Final = datetime(2100, 1, 1, tzinfo=UTC)
SUMMONS: Final = TypeAdapter(Summoned)
_SENT: Final = OutboxState.SENT


@dataclass(frozen=True, slots=True)
class Goods:
    """What one person owns in the conversation: ids of a piece of work in each state that matters."""

    owner: str
    running: str
    failed: str
    parked: str
    expired: str  # a question
    question: str
    approval: str
    message: str  # platform key of one that waits for its turn
    post: str  # platform id of a post about what runs
    code: str  # of a stranger who asks to be let in
    schedule: str
    paused: str  # a schedule
    buttons: dict[ButtonAction, str]


async def stock(unit: Unit, conversation: Conversation, owner: str, first: int) -> Goods:
    """Put the goods of one person into the rows; ids count from ``first``."""

    async def dispatch(n: int, status: Status, **more: Any) -> str:
        id = f"d{first + n}"
        cause = Message(f"m{id}", conversation.id, first + n, f"cause:{id}", owner, owner, "go", NOON)
        await unit.add(replace(cause, state=MessageState.DONE))
        spec = Spec(goal="go")
        of = conversation.id
        work = Dispatch(id, of, "api", "scripted", id, spec, owner, cause.id, NOON, status, runs=1, **more)
        await unit.add(work)
        await unit.add(Run(f"{id}/1", id, 1, NOON))
        return id

    async def question(n: int, of: str, kind: QuestionKind, state: QuestionState) -> str:
        approval = (
            approval_of("Bash", '{"command":"make"}', "/src") if kind is QuestionKind.APPROVAL else None
        )
        asks = (Ask("colour", "Which?", (Option("red"), Option("blue"))),)
        id = f"q{first + n}"
        await unit.add(Question(id, of, 1, conversation.id, kind, id, asks, NOON, approval, state=state))
        return id

    running = await dispatch(1, Status.RUNNING)
    kept = replace(a_session(), dispatch=f"d{first + 2}")
    failed = await dispatch(2, Status.FAILED, session=kept.id)
    await unit.add(kept)
    session = replace(a_session(), dispatch=f"d{first + 3}")
    parked = await dispatch(3, Status.PARKED, park_reason=ParkReason.LIMIT, session=session.id)
    await unit.add(session)
    overdue = await dispatch(4, Status.PARKED, park_reason=ParkReason.QUESTION)
    asked = await question(1, running, QuestionKind.QUESTION, QuestionState.OPEN)
    approval = await question(2, running, QuestionKind.APPROVAL, QuestionState.OPEN)
    expired = await question(3, overdue, QuestionKind.QUESTION, QuestionState.EXPIRED)
    waiting = Message(f"w{first}", conversation.id, first, f"waits:{first}", owner, owner, "hello", NOON)
    await unit.add(waiting)
    code = f"CODE{waiting.id}".upper()
    await unit.add(Pairing(code, conversation.chat, NOON, FAR_OFF, f"newt{first}", conversation.id))
    schedule, paused = f"s{first}", f"s{first + 1}"
    await unit.add(*two_schedules(schedule, paused, owner, conversation.id, waiting.id))
    objects = _objects(running, failed, parked, expired, asked, approval, waiting.id)
    objects |= dict.fromkeys(SCHEDULE_ACTIONS, schedule)
    buttons = {action: f"{action}:{first}" for action in ButtonAction}
    shown = approval_of("Bash", '{"command":"make"}', "/src").hash
    post = OutboxRow(
        f"o{first}", conversation.id, first, PostKind.QUESTION, Post("q"), NOON, running, approval, _SENT
    )
    shown_as = str(1_000 + first)
    await unit.add(post, PartRow(post.id, 0, f"{post.id}.0", Part("{}"), 1, shown_as, NOON))
    for action, token in buttons.items():
        argument = {
            ButtonAction.ANSWER: '{"colour": "red"}',
            ButtonAction.PAIR: Role.USER.value,
            ButtonAction.USE_MODEL: "other",
            ButtonAction.KEEP_MODEL: "other",
            ButtonAction.COMPOSE: SUMMONS.dump_json(
                Summoned(Identity(CHAT, owner), conversation.address, f"s{first}", owner)
            ).decode(),
            ButtonAction.APPLY: actions.dump(decisions.StopDispatch(running)),
            ButtonAction.ADD_MONEY: shortage.dump(
                [shortage.Addition(f"dispatch:{parked}", f"{parked}/1", 1.0)]
            ),
        }.get(action, shown if objects[action] == approval else "")
        row = Button(token, conversation.id, action, objects[action], action, NOON, argument, post.id)
        await unit.add(row)
    return Goods(
        owner,
        running,
        failed,
        parked,
        expired,
        asked,
        approval,
        waiting.platform_key,
        shown_as,
        code,
        schedule,
        paused,
        buttons,
    )


def _objects(
    running: str, failed: str, parked: str, expired: str, asked: str, approval: str, waiting: str
) -> dict[ButtonAction, str]:
    return {
        ButtonAction.ANSWER: asked,
        ButtonAction.WRITE: asked,
        ButtonAction.GRANT: approval,
        ButtonAction.GRANT_SESSION: approval,
        ButtonAction.DENY_WHY: approval,
        ButtonAction.DENY: approval,
        ButtonAction.CONTINUE: parked,
        ButtonAction.CONTINUE_MORE: parked,
        ButtonAction.ADD_MONEY: parked,
        ButtonAction.FINISH: parked,
        ButtonAction.RETRY: failed,
        ButtonAction.DO_REST: failed,
        ButtonAction.USE_MODEL: failed,
        ButtonAction.KEEP_MODEL: failed,
        ButtonAction.SHOW_LOG: running,
        ButtonAction.STOP: running,
        ButtonAction.CANCEL: running,
        ButtonAction.WAIT: running,
        ButtonAction.TRY_NOW: parked,
        ButtonAction.ASK_AGAIN: expired,
        ButtonAction.CLOSE: expired,
        ButtonAction.APPLY: waiting,
        ButtonAction.COMPOSE: running,
        ButtonAction.PAIR: f"CODE{waiting}".upper(),
        ButtonAction.TURN_AWAY: f"CODE{waiting}".upper(),
    }


def a_session() -> Session:
    return Session(uuid4().hex, "scripted", "api", "", "/src", "/config", NOON, started=True)
