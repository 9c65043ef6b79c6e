"""Carries out what policy lets through, inside the caller's transaction; returns the sentence to say."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter

from bot import commands, control, costs, lifecycle, policy, questions, rates, reports
from bot.answers import denies, reply_to
from bot.budgets import month_began
from bot.errors import Refused
from bot.house import House
from bot.model.conversations import Conversation, Message
from bot.model.decisions import (
    Action,
    AnswerQuestion,
    Ask,
    CancelDispatch,
    FollowUp,
    Nothing,
    RetryDispatch,
    ShowCosts,
    ShowStatus,
    StartDispatch,
    Steer,
    StopDispatch,
)
from bot.model.dispatches import LIVE, Dispatch
from bot.model.people import Person
from bot.model.posts import ButtonAction, Post, PostKind
from bot.model.questions import Question, QuestionKind, QuestionState, Reply, Verdict
from bot.outbox import button, post
from bot.ports import Unit

_ACTION: Final[TypeAdapter[Action]] = TypeAdapter(Action)


def dump(action: Action) -> str:
    """As a button keeps it."""
    return _ACTION.dump_json(action).decode()


def load(text: str) -> Action:
    return _ACTION.validate_json(text)


def words_of(message: Message) -> str:
    """What the person said, without the command in front of it."""
    command = commands.parse(message.text)
    return command.text if command is not None and command.text else message.text


async def apply(
    unit: Unit, house: House, conversation: Conversation, message: Message, person: Person, action: Action
) -> str:
    """Do it, or say why not; empty when the posts it causes say enough."""
    if why := policy.refusal(house.settings, person, message, action, conversation.address):
        return why
    if (dispatch_id := policy.target(action)) is not None:
        return await _apply_to_dispatch(unit, house, conversation, message, person, action, dispatch_id)
    match action:
        case StartDispatch():
            return await _start(unit, house, conversation, message, person, action)
        case AnswerQuestion():
            return await _answer(unit, house, conversation, message, person, action.question)
        case Ask():
            await _ask_back(unit, house, conversation, message, action)
            return ""
        case ShowStatus():
            return await _status(unit, house, conversation)
        case ShowCosts():
            return await _costs(unit, house, person)
        case _:
            return ""


async def _start(
    unit: Unit,
    house: House,
    conversation: Conversation,
    message: Message,
    person: Person,
    action: StartDispatch,
) -> str:
    if too_much := await rates.of_dispatches(unit, house, person):
        return await rates.said_once(unit, house, person, conversation, too_much)
    wish, less = policy.limits_in(house.settings, person, action.project, words_of(message))
    await lifecycle.create(
        unit,
        house,
        conversation=conversation,
        message=message,
        person=person,
        project=action.project,
        title=action.title,
        spec=action.spec,
        wish=wish,
    )
    return less


async def _apply_to_dispatch(
    unit: Unit,
    house: House,
    conversation: Conversation,
    message: Message,
    person: Person,
    action: Action,
    dispatch_id: str,
) -> str:
    dispatch = await unit.get(Dispatch, dispatch_id, lock=True)
    if dispatch is None:
        return f"There is no dispatch {dispatch_id}."
    object = policy.of_dispatch(dispatch, conversation.address)
    if why := policy.authorize(house.settings, person, policy.ACTS[type(action)], object):
        return why
    match action:
        case FollowUp() | Steer():
            return await _follow_up(unit, house, message, person, dispatch)
        case StopDispatch():
            return await control.request_end(unit, house, dispatch, "stop")
        case CancelDispatch():
            return await control.request_end(unit, house, dispatch, "cancel")
        case RetryDispatch():
            return await control.retry(unit, house, dispatch)
        case _:
            return ""


async def _follow_up(unit: Unit, house: House, message: Message, person: Person, dispatch: Dispatch) -> str:
    """The words may set limits for the runs to come."""
    words, less = words_of(message), ""
    if dispatch.project in house.settings.projects:
        wish, less = policy.limits_in(house.settings, person, dispatch.project, words)
        dispatch = await lifecycle.limit(unit, dispatch, wish)
    said = await control.follow_up(unit, house, dispatch, message, words)
    return "\n\n".join(part for part in (less, said) if part)


async def _answer(
    unit: Unit,
    house: House,
    conversation: Conversation,
    message: Message,
    person: Person,
    question_id: str,
) -> str:
    item = await unit.get(Question, question_id)
    if item is None:
        return f"There is no question {question_id}."
    words = words_of(message)
    reply = reply_to(item, words, person.name)
    if item.kind is QuestionKind.APPROVAL:
        if not denies(words) and not message.text.lstrip().startswith("/deny"):
            return (
                f"Words never allow anything: press [Allow once] or write /approve {item.id}. "
                f"To refuse: /deny {item.id}."
            )
        reply = Reply(Verdict.DENIED, {}, words)
    try:
        await questions.close(unit, house, question_id, reply, person, conversation.address)
    except Refused as error:
        return str(error)
    return ""


async def _ask_back(unit: Unit, house: House, conversation: Conversation, message: Message, ask: Ask) -> None:
    """Buttons whose press applies the chosen action, for the same message."""
    outbox = house.new_id()
    buttons = tuple(
        [
            await button(
                unit,
                house,
                conversation.id,
                ButtonAction.APPLY,
                message.id,
                choice.label,
                argument=dump(choice.action or Nothing()),
                outbox=outbox,
                person=message.person,
            )
            for choice in ask.options
        ]
    )
    await post(unit, house, conversation.id, Post(ask.question, buttons=buttons), PostKind.REPLY, id=outbox)


async def _status(unit: Unit, house: House, conversation: Conversation) -> str:
    """What goes on here, as far as it may be named here."""
    live = await unit.find(Dispatch, conversation=conversation.id, status=tuple(LIVE))
    recent = await unit.find(Dispatch, conversation=conversation.id, newest=True, limit=5)
    rows = {
        item.id: item
        for item in (*live, *reversed(recent))
        if policy.may_be_named(house.settings, item.project, conversation.address)
    }
    open_ = await unit.find(
        Question, conversation=conversation.id, state=QuestionState.OPEN, dispatch=tuple(rows)
    )
    return reports.status_list(list(rows.values()), open_, house.now())


async def _costs(unit: Unit, house: House, person: Person) -> str:
    """One's own, since the month began."""
    since = month_began(house)
    rows = await unit.paid_rows(since=since, until=house.now() + timedelta(seconds=1), person=person.id)
    return costs.in_words(costs.summed(rows, costs.By.PROJECT, house.settings.timezone))
