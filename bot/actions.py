"""Carries out what policy lets through, inside the caller's transaction; returns the sentence to say."""

from __future__ import annotations

from dataclasses import replace

from bot import (
    commands,
    control,
    itemising,
    lifecycle,
    listings,
    material,
    model_choice,
    model_settings,
    moving,
    policy,
    questions,
    rates,
    rerouting,
    result_cache,
    scheduling,
    specs,
)
from bot.answers import denies, reply_to
from bot.commands import Verb
from bot.errors import Refused
from bot.house import House
from bot.model.acts import Act
from bot.model.conversations import NEW, Conversation, Message, MessageState
from bot.model.decisions import (
    Action,
    AnswerQuestion,
    AnswerYourself,
    Ask,
    CancelDispatch,
    ChangeSchedule,
    Choice,
    Compact,
    ConfigureModels,
    CreateSchedule,
    FollowUp,
    MoveDispatch,
    Nothing,
    PickSession,
    PreviewSchedule,
    ProposeSchedule,
    Reroute,
    RetryDispatch,
    ShowCosts,
    ShowModels,
    ShowSchedules,
    ShowSessions,
    ShowStatus,
    ShowUsage,
    ShowWelcome,
    StartAnew,
    StartDispatch,
    Steer,
    StopDispatch,
    TakeUp,
    UseProject,
)
from bot.model.dispatches import LIVE, Dispatch
from bot.model.people import Person
from bot.model.posts import ButtonAction, Post, PostKind
from bot.model.questions import Question, QuestionKind, Reply, Verdict
from bot.model.work_items import Kind, WorkItem
from bot.model_choice import Pick
from bot.offers import dump as dump
from bot.offers import load as load
from bot.outbox import button, post
from bot.overviews import Viewer
from bot.ports import Unit


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
        case TakeUp():
            await _take_up(unit, message)
            return ""
        case UseProject():
            return await _use(unit, house, conversation, person, action.project)
        case StartAnew():
            await unit.change(conversation, goes_on_with=NEW)
            return "Your next request here is new work."
        case MoveDispatch():
            return await _move_the_only_one(unit, house, conversation, message, person, action)
        case ProposeSchedule() | CreateSchedule() | PreviewSchedule() | ShowSchedules() | ChangeSchedule():
            said = await scheduling.apply(unit, house, conversation, message, person, action)
            return await _said(unit, house, conversation, message, said)
        case ConfigureModels():
            said = await model_settings.apply(unit, house, person, action)
            return await _said(unit, house, conversation, message, said)
        case _:
            return await _show(unit, house, conversation, message, person, action)


async def _show(
    unit: Unit, house: House, conversation: Conversation, message: Message, person: Person, action: Action
) -> str:
    viewer = Viewer(unit, house, person, conversation)
    match action:
        case ShowStatus():
            return await viewer.status()
        case ShowCosts():
            return await viewer.spent()
        case ShowUsage():
            return await viewer.usage(action.dispatches)
        case ShowWelcome():
            return await viewer.welcome()
        case ShowModels():
            return model_settings.listed(house.settings, viewer.usable())
        case ShowSessions():
            found = await viewer.sessions()
            if not found:
                return "There is no session here to continue."
            words = f"{listings.usage_list(found)}\n\nWhich one shall your next words go on with?"
            choices = [Choice(item.id, PickSession(item.id)) for item in found]
            await _ask_back(unit, house, conversation, message, Ask(words, tuple(choices)))
            return ""
        case _:
            return ""


async def _use(unit: Unit, house: House, conversation: Conversation, person: Person, project: str) -> str:
    """One's own conversation is one's own to set; where others read it takes the right to configure."""
    owner = (conversation.person or person.id) if conversation.direct else ""
    object = policy.Object(project=project, owner=owner, place=conversation.address)
    if why := policy.authorize(house.settings, person, Act.USE, object):
        return why
    await unit.change(conversation, project=project)
    return f"The default project here is {project} from now on."


async def _move_the_only_one(
    unit: Unit,
    house: House,
    conversation: Conversation,
    message: Message,
    person: Person,
    action: MoveDispatch,
) -> str:
    found = await moving.elsewhere(unit, house, person, conversation)
    if action.to:
        found = [
            item
            for item in await Viewer(unit, house, person, conversation).work_here()
            if item.status in LIVE and item.person == person.id
        ]
    if len(found) == 1:
        one = replace(action, dispatch=found[0].id)
        return await apply(unit, house, conversation, message, person, one)
    if not found:
        return f"No work of yours goes on {'here' if action.to else 'elsewhere'}."
    choices = [Choice(item.id, replace(action, dispatch=item.id)) for item in found]
    await _ask_back(unit, house, conversation, message, Ask("Which one shall I move?", tuple(choices)))
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
    words = words_of(message)
    wish, less = policy.limits_in(house.settings, person, action.project, words)
    try:
        pick = model_choice.choose(house.settings, action.project, action.spec.goal, words)
    except Refused as error:
        return f"Not started: {error}"
    given = await material.of(unit, message)
    key = result_cache.key_of(house, conversation, message, person, action, words, pick.name, given)
    if key and not action.again:
        said = await result_cache.answer(unit, house, conversation, message, person, action, key)
        if said is not None:
            return said
    dispatch = await lifecycle.create(
        unit,
        house,
        conversation=conversation,
        message=message,
        person=person,
        project=action.project,
        title=action.title,
        spec=replace(action.spec, inputs=(*action.spec.inputs, *given)),
        wish=wish,
        model=pick.name,
        notes=(pick.note,) if pick.note else (),
        choice=await rerouting.choice_of(unit, house, person, conversation, action),
        offers=[
            (label, lambda id, offer=offer: dump(replace(offer, dispatch=id)))
            for label, offer in rerouting.card_offers(house, person, conversation, action)
        ],
    )
    await itemising.give(unit, house, dispatch, message)
    if key:
        await result_cache.began(unit, house, conversation, person, dispatch, key)
    if conversation.goes_on_with is not None or _is_set_apart(message):
        await unit.change(conversation, goes_on_with=dispatch.id)
    return less


def _is_set_apart(message: Message) -> bool:
    """By /new: plain words afterwards are about what it began."""
    command = commands.parse(message.text)
    return command is not None and command.verb is Verb.NEW


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
        case Compact():
            return await control.compact(unit, house, dispatch)
        case PickSession():
            await unit.change(conversation, goes_on_with=dispatch.id)
            return f"Your next words here go on with {dispatch.id}: {dispatch.title}"
        case MoveDispatch():
            return await _move(unit, house, conversation, person, dispatch, action.to)
        case Reroute() | AnswerYourself():
            return await _reroute(unit, house, conversation, message, person, dispatch, action)
        case _:
            return ""


async def _reroute(
    unit: Unit,
    house: House,
    conversation: Conversation,
    message: Message,
    person: Person,
    dispatch: Dispatch,
    action: Reroute | AnswerYourself,
) -> str:
    """Nothing runs twice: whoever is first has cancelled it, and the next one hears so."""
    to = action.to if isinstance(action, Reroute) else ""
    if isinstance(action, Reroute) and not to:
        question = rerouting.which(house, person, conversation, dispatch)
        await _ask_back(unit, house, conversation, message, question)
        return ""
    if isinstance(action, AnswerYourself):
        await rerouting.answer_yourself(unit, house, conversation, person, dispatch)
        return f"{dispatch.id} cancelled; I answer it myself."
    await rerouting.take_back(unit, house, conversation, person, dispatch, to)
    why = f"instead of {dispatch.id}, as {person.name} wished"
    anew = StartDispatch(to, dispatch.title, dispatch.spec, why, again=True)
    said = await apply(unit, house, conversation, message, person, anew)
    return "\n\n".join(part for part in (f"{dispatch.id} cancelled.", said) if part)


async def _move(
    unit: Unit, house: House, conversation: Conversation, person: Person, dispatch: Dispatch, to: str
) -> str:
    try:
        place = await moving.named_place(unit, person, to) if to else conversation
        return await moving.move(unit, house, person, dispatch, place)
    except Refused as error:
        return str(error)


async def _follow_up(unit: Unit, house: House, message: Message, person: Person, dispatch: Dispatch) -> str:
    """The words may set limits for the runs to come."""
    words, less = words_of(message), ""
    if dispatch.project in house.settings.projects:
        wish, less = policy.limits_in(house.settings, person, dispatch.project, words)
        dispatch = await lifecycle.limit(unit, dispatch, wish)
        try:
            named = model_choice.again(house.settings, dispatch.project, dispatch.spec.goal, words)
        except Refused as error:
            less = "\n\n".join(filter(None, (less, f"It goes on with its model: {error}")))
        else:
            dispatch = await _with_model(unit, dispatch, named)
    if message.quoted:
        words = f"{words}\n\n{specs.handed_over(message.quoted)}"
    await itemising.give(unit, house, dispatch, message)
    said = await control.follow_up(unit, house, dispatch, message, words)
    return "\n\n".join(part for part in (less, said) if part)


async def _with_model(unit: Unit, dispatch: Dispatch, named: Pick | None) -> Dispatch:
    """For the runs to come."""
    if named is None or named.name == dispatch.model:
        return dispatch
    notes = (*dispatch.notes, named.note) if named.note else dispatch.notes
    return await lifecycle.change(unit, dispatch, model=named.name, notes=notes)


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


async def _take_up(unit: Unit, message: Message) -> None:
    """As if it had just arrived; a second press finds it waiting."""
    if message.state is MessageState.DONE:
        again = await unit.change(message, state=MessageState.WAITING, decision=None, late=False)
        key = f"turn:{again.platform_key}:again"
        await unit.enqueue(WorkItem(Kind.TURN, key, again.id, again.conversation, again.seq))


async def _said(
    unit: Unit, house: House, conversation: Conversation, message: Message, said: str | Ask
) -> str:
    if isinstance(said, str):
        return said
    await _ask_back(unit, house, conversation, message, said)
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
