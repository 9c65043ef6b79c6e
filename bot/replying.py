"""The words of a decision as a post: with the session that was picked by words alone, and a way out of it."""

from __future__ import annotations

from bot import actions, commands, people, policy, rerouting
from bot.house import House
from bot.model.conversations import Conversation, Message, Origin
from bot.model.decisions import Decision, FollowUp, Nothing, StartAnew, Steer
from bot.model.dispatches import Dispatch
from bot.model.posts import ButtonAction, Post, PostKind
from bot.outbox import button, post
from bot.ports import Unit


async def reply(
    unit: Unit, house: House, conversation: Conversation, message: Message, decision: Decision
) -> None:
    """With the session that was picked by words alone, and a way out of it."""
    words = "\n\n".join(part for part in (decision.say, decision.note) if part)
    picked = await _picked(unit, house, conversation, message, decision)
    if picked is None:
        if words:
            await _say(unit, house, conversation, message, decision, words)
        return
    outbox = house.new_id()
    anew = await button(
        unit,
        house,
        conversation.id,
        ButtonAction.APPLY,
        message.id,
        "New session",
        argument=actions.dump(StartAnew()),
        outbox=outbox,
        person=message.person,
    )
    content = Post(
        words or f"Passed on to {picked.id}.", buttons=(anew,), footer=f"{picked.id} · {picked.title}"
    )
    await post(unit, house, conversation.id, content, PostKind.REPLY, id=outbox)


async def _say(
    unit: Unit,
    house: House,
    conversation: Conversation,
    message: Message,
    decision: Decision,
    words: str,
) -> None:
    """An answer of a model's own can be had from a specialist instead."""
    person = await people.known(unit, house.settings, message.person or "")
    own = decision.by != "rules" and all(isinstance(action, Nothing) for action in decision.actions)
    ask = rerouting.instead_of_words(house, person, conversation, message) if own and person else None
    if ask is None or message.origin is not Origin.PERSON:
        await post(unit, house, conversation.id, Post(words), PostKind.REPLY)
        return
    outbox = house.new_id()
    instead = await button(
        unit,
        house,
        conversation.id,
        ButtonAction.APPLY,
        message.id,
        rerouting.ASK_A_SPECIALIST,
        argument=actions.dump(ask),
        outbox=outbox,
        person=message.person,
    )
    await post(unit, house, conversation.id, Post(words, buttons=(instead,)), PostKind.REPLY, id=outbox)


async def _picked(
    unit: Unit, house: House, conversation: Conversation, message: Message, decision: Decision
) -> Dispatch | None:
    """The dispatch that goes on although the person named none, by a reply or by its number."""
    if message.reply_to is not None or commands.parse(message.text) is not None:
        return None
    for action in decision.actions:
        if isinstance(action, FollowUp | Steer):
            found = await unit.get(Dispatch, action.dispatch)
            if found and policy.may_be_named(house.settings, found.project, conversation.address):
                return found
    return None
