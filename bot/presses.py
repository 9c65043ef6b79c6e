"""Buttons: a random single-use id of a row that knows the action, the object and who may press it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Final

from bot import (
    actions,
    approvals,
    composing,
    control,
    funding,
    lifecycle,
    model_settings,
    pairing,
    policy,
    questions,
    reports,
    schedules,
    when,
)
from bot.errors import Refused
from bot.house import House
from bot.model.acts import BUTTONS, Act
from bot.model.conversations import Conversation, Form, Message, Wrote
from bot.model.dispatches import Dispatch
from bot.model.log import EventRow
from bot.model.people import Person, Role
from bot.model.posts import (
    FORMS,
    SCHEDULE_ACTIONS,
    SCHEDULE_FORMS,
    Button,
    ButtonAction,
    OutboxRow,
    Post,
    PostKind,
)
from bot.model.questions import Question, QuestionState, Reply, Verdict
from bot.outbox import post
from bot.ports import Unit

_REDRAWN: Final = (ButtonAction.PAIR, ButtonAction.TURN_AWAY)

UNKNOWN: Final = "That button is not known here."


@dataclass(frozen=True, slots=True)
class Pressing:
    """What a press came to: ``accepted`` presses are used up, refused ones are not."""

    accepted: bool
    text: str = ""
    form: Form | None = None
    wrote: Wrote | None = None  # a form said what is to be done: it counts like words of that person


async def press(
    unit: Unit,
    house: House,
    conversation: Conversation,
    person: Person,
    token: str,
    values: dict[str, str] | None = None,
) -> Pressing:
    """Take effect in the caller's transaction, once, for the right person, before it expires."""
    row = await unit.get(Button, token, lock=True)
    if row is None or row.conversation != conversation.id:
        return Pressing(False, UNKNOWN)
    if row.used_at is not None:
        return Pressing(False, f"That was used already, by {row.used_by}.")
    if row.expires_at is not None and row.expires_at <= house.now():
        return Pressing(False, "That button has expired.")
    if row.person is not None and row.person != person.id:
        return Pressing(False, f"Only {row.person} can press that.")
    try:
        if row.action is ButtonAction.COMPOSE:
            wrote = composing.read(house, person, row, values or {})
            await unit.change(row, used_at=house.now(), used_by=person.id)
            return Pressing(True, wrote=wrote)
        if row.action in FORMS and values is None:
            return await _form(unit, house, conversation, person, row)
        text = await _take_effect(unit, house, conversation, person, row, values or {})
    except Refused as error:
        return Pressing(False, str(error))
    await unit.change(row, used_at=house.now(), used_by=person.id)
    await _show_pressed(unit, house, conversation, person, row)
    return Pressing(True, text)


async def _show_pressed(
    unit: Unit, house: House, conversation: Conversation, person: Person, row: Button
) -> None:
    """The buttons go, and their post says who pressed what; [Show log] goes alone.

    Cards, questions and who asks to be let in are redrawn by themselves; what a terminal printed stays.
    """
    if row.outbox is None or row.action in _REDRAWN or conversation.chat in house.local_chats:
        return
    posted = await unit.get(OutboxRow, row.outbox)
    if posted is None or posted.kind in (PostKind.CARD, PostKind.QUESTION):
        return
    content = replace(posted.post, silent=True, mention=None)
    if row.action is ButtonAction.SHOW_LOG:
        left = tuple(each for each in content.buttons if each.token != row.id)
        content = replace(content, buttons=left)
    else:
        words = f"{content.markdown}\n\n**{row.label}** — {person.name}"
        content = replace(content, markdown=words, buttons=())
    where, about = posted.conversation, {"dispatch": posted.dispatch, "question": posted.question}
    await post(unit, house, where, content, posted.kind, edits=posted.id, **about)


async def _form(
    unit: Unit, house: House, conversation: Conversation, person: Person, row: Button
) -> Pressing:
    """Nobody writes an answer that would then be refused."""
    if row.action in SCHEDULE_FORMS:
        return await _schedule_form(unit, house, person, row)
    item = await unit.get(Question, row.object)
    if item is None or item.state is not QuestionState.OPEN:
        return Pressing(False, f"{row.object} is closed already.")
    if why := await questions.refusal(unit, house, person, BUTTONS[row.action], item, conversation.address):
        return Pressing(False, why)
    if row.action is ButtonAction.DENY_WHY:
        await approvals.refuse_unseen(unit, house, person, item, row.argument)
    title = f"{'Deny' if row.action is ButtonAction.DENY_WHY else 'Answer'} {item.id}"
    return Pressing(True, form=Form(row.id, title, item.text))


async def _schedule_form(unit: Unit, house: House, person: Person, row: Button) -> Pressing:
    schedule = await schedules.found(unit, house, person, row.object)
    if why := policy.authorize(house.settings, person, BUTTONS[row.action], schedules.of(schedule)):
        return Pressing(False, why)
    plan = schedule.plan
    now = f"{when.in_words(plan.recurrence)}, {plan.timezone}: {plan.prompt or plan.title}"
    title = f"{'Another time for' if row.action is ButtonAction.CHANGE_TIME else 'Edit'} {schedule.id}"
    return Pressing(True, form=Form(row.id, title, now, "every weekday at 9"))


async def _take_effect(
    unit: Unit,
    house: House,
    conversation: Conversation,
    person: Person,
    row: Button,
    values: dict[str, str],
) -> str:
    """The sentence that confirms it; raises Refused when it does not apply (any more)."""
    match row.action:
        case ButtonAction.ANSWER | ButtonAction.WRITE:
            return await _answer(unit, house, conversation, person, row, values)
        case ButtonAction.GRANT | ButtonAction.GRANT_SESSION | ButtonAction.DENY | ButtonAction.DENY_WHY:
            return await _decide(unit, house, conversation, person, row, values.get("text", "").strip())
        case ButtonAction.APPLY:
            return await _apply(unit, house, conversation, person, row)
        case ButtonAction.PAIR | ButtonAction.TURN_AWAY:
            return await _pair(unit, house, person, row)
        case _ if row.action in SCHEDULE_ACTIONS:
            return await _on_schedule(unit, house, person, row, values.get("text", "").strip())
        case ButtonAction.ASK_AGAIN | ButtonAction.CLOSE:
            return await _expired(unit, house, conversation, person, row)
        case _:
            return await _on_dispatch(unit, house, conversation, person, row)


async def _decide(
    unit: Unit, house: House, conversation: Conversation, person: Person, row: Button, why: str
) -> str:
    """About the call that stood above this button, and no other."""
    granted = row.action in (ButtonAction.GRANT, ButtonAction.GRANT_SESSION)
    session = row.action is ButtonAction.GRANT_SESSION
    reply = Reply(Verdict.GRANTED if granted else Verdict.DENIED, {}, why, session=session)
    await questions.close(unit, house, row.object, reply, person, conversation.address, shown=row.argument)
    return reports.verdict_words(reply) + "."


async def _answer(
    unit: Unit,
    house: House,
    conversation: Conversation,
    person: Person,
    row: Button,
    values: dict[str, str],
) -> str:
    if row.action is ButtonAction.ANSWER:
        answers: dict[str, str] = json.loads(row.argument)
        reply = Reply(Verdict.ANSWERED, answers)
    else:
        item = await unit.get(Question, row.object)
        if item is None:
            raise Refused(f"There is no question {row.object}.")
        reply = actions.reply_to(item, values.get("text", ""), person.name)
    await questions.close(unit, house, row.object, reply, person, conversation.address)
    return ""


async def _apply(unit: Unit, house: House, conversation: Conversation, person: Person, row: Button) -> str:
    message = await unit.get(Message, row.object)
    if message is None:
        raise Refused("The message this belongs to is gone.")
    action = actions.load(row.argument)
    if row.person is None and (target := policy.target(action)):
        await _authorize(unit, house, conversation, person, target, policy.ACTS[type(action)])
    await _use_siblings(unit, house, person, row)
    return await actions.apply(unit, house, conversation, message, person, action)


async def _authorize(
    unit: Unit, house: House, conversation: Conversation, person: Person, target: str, act: Act
) -> None:
    """A button that everybody sees is not used up by somebody who may not press it; raises Refused."""
    dispatch = await unit.get(Dispatch, target)
    if dispatch is None:
        raise Refused(f"There is no dispatch {target}.")
    if why := policy.authorize(
        house.settings, person, act, policy.of_dispatch(dispatch, conversation.address)
    ):
        raise Refused(why)


async def _on_schedule(unit: Unit, house: House, person: Person, row: Button, text: str) -> str:
    schedule = await schedules.found(unit, house, person, row.object, lock=True)
    match row.action:
        case ButtonAction.SNOOZE:
            return await schedules.snooze(unit, house, person, schedule)
        case ButtonAction.PAUSE_SCHEDULE:
            return await schedules.pause(unit, house, person, schedule)
        case ButtonAction.RUN_SCHEDULE:
            return await schedules.try_again(unit, house, person, schedule, row.id)
        case ButtonAction.CHANGE_TIME:
            return await schedules.retime(unit, house, person, schedule, text)
        case ButtonAction.EDIT_SCHEDULE:
            return await schedules.edit(unit, house, person, schedule, text)
        case _:
            return await schedules.delete(unit, house, person, schedule)


async def _pair(unit: Unit, house: House, person: Person, row: Button) -> str:
    if why := policy.authorize(house.settings, person, BUTTONS[row.action]):
        raise Refused(why)
    if row.action is ButtonAction.TURN_AWAY:
        return await pairing.turn_away(unit, house, person, row.object)
    return await pairing.approve(unit, house, person, row.object, Role(row.argument))


async def _use_siblings(unit: Unit, house: House, person: Person, row: Button) -> None:
    """One choice of several: the others are spent with it."""
    for other in await unit.find(Button, outbox=row.outbox, action=ButtonAction.APPLY, used_at=None):
        if other.id != row.id:
            await unit.change(other, used_at=house.now(), used_by=person.id)


async def _expired(unit: Unit, house: House, conversation: Conversation, person: Person, row: Button) -> str:
    item = await unit.get(Question, row.object)
    if item is None or item.state is not QuestionState.EXPIRED:
        raise Refused(f"{row.object} is not waiting any more.")
    if why := await questions.refusal(unit, house, person, BUTTONS[row.action], item, conversation.address):
        raise Refused(why)
    if row.action is ButtonAction.ASK_AGAIN:
        await questions.ask_again(unit, house, item)
        return ""
    dispatch = await lifecycle.reread(unit, item.dispatch)
    return await control.request_end(unit, house, dispatch, "stop")


async def _on_dispatch(
    unit: Unit, house: House, conversation: Conversation, person: Person, row: Button
) -> str:
    dispatch = await unit.get(Dispatch, row.object, lock=True)
    if dispatch is None:
        raise Refused(f"There is no dispatch {row.object}.")
    object = policy.of_dispatch(dispatch, conversation.address)
    if why := policy.authorize(house.settings, person, BUTTONS[row.action], object):
        raise Refused(why)
    match row.action:
        case ButtonAction.CONTINUE | ButtonAction.CONTINUE_MORE | ButtonAction.TRY_NOW:
            return await control.go_on(unit, house, dispatch)
        case ButtonAction.ADD_MONEY:
            return await funding.add(unit, house, person, dispatch, row.argument)
        case ButtonAction.FINISH:
            return await funding.finish(unit, house, person, dispatch)
        case ButtonAction.RETRY:
            return await control.retry(unit, house, dispatch)
        case ButtonAction.USE_MODEL:
            return await control.use_model(unit, house, dispatch, row.argument)
        case ButtonAction.KEEP_MODEL:
            return await _keep_model(unit, house, person, dispatch, object, row.argument)
        case ButtonAction.DO_REST:
            return await control.retry(unit, house, dispatch, rest=True)
        case ButtonAction.STOP:
            return await control.request_end(unit, house, dispatch, "stop")
        case ButtonAction.CANCEL:
            return await control.request_end(unit, house, dispatch, "cancel")
        case ButtonAction.SHOW_LOG:
            await _show_log(unit, house, dispatch)
            return ""
        case _:
            return "It goes on waiting."


async def _keep_model(
    unit: Unit, house: House, person: Person, dispatch: Dispatch, object: policy.Object, name: str
) -> str:
    """The file is everybody's: a role that holds in one project only does not reach it."""
    for why in (
        policy.authorize(house.settings, person, Act.CONFIGURE),
        policy.authorize(house.settings, person, Act.RETRY, object),
    ):
        if why:
            raise Refused(why)
    wish = model_settings.default_for(house.settings, dispatch, name)
    if wish is None:
        raise Refused(f"{dispatch.id} does not use a default any more; `/models` changes defaults.")
    said = await control.use_model(unit, house, dispatch, name)
    kept = await model_settings.write(unit, house, person, wish)
    return "\n\n".join(part for part in (said, kept) if part)


async def _show_log(unit: Unit, house: House, dispatch: Dispatch) -> None:
    rows = await unit.find(EventRow, dispatch=dispatch.id, newest=True, limit=20)
    lines = [f"{row.at:%H:%M:%S} {row.kind} {row.data[:140]}" for row in reversed(rows)]
    text = f"The last events of {dispatch.id}:\n\n```\n" + "\n".join(lines) + "\n```"
    await post(unit, house, dispatch.conversation, Post(text), PostKind.REPLY, dispatch=dispatch.id)
