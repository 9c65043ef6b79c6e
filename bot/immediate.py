"""Control words that take effect in the very transaction that accepts them: nothing can be queued in front.

`stop`, `cancel`, `/approve q7`, `/deny q7 why`, `/pair CODE user`; a press of a button goes the same way.
"""

from __future__ import annotations

from typing import Final

from bot import approvals, commands, control, moving, pairing, policy, questions, reports
from bot.commands import Command, Verb
from bot.errors import Refused
from bot.house import House
from bot.model.acts import Act
from bot.model.conversations import Address, Conversation, Message, MessageState
from bot.model.dispatches import LIVE, Dispatch
from bot.model.people import Person, Role
from bot.model.questions import Question, QuestionKind, Reply, Verdict
from bot.ports import Unit

_NOW: Final = frozenset({Verb.STOP, Verb.CANCEL, Verb.APPROVE, Verb.DENY, Verb.PAIR})


def parse(text: str) -> Command | None:
    """The control word that ``text`` as a whole is, or None."""
    command = commands.parse(text)
    return command if command is not None and command.verb in _NOW else None


async def obey(
    unit: Unit, house: House, conversation: Conversation, message: Message, person: Person, command: Command
) -> tuple[Conversation, str]:
    """Carry it out now; the conversation as it is afterwards, and what to say."""
    if command.verb in (Verb.APPROVE, Verb.DENY):
        return conversation, await _decide(unit, house, conversation, person, command)
    if command.verb is Verb.PAIR:
        return conversation, await _pair(unit, house, person, command)
    if command.ids:
        words = [await _end(unit, house, conversation, person, each, command.verb) for each in command.ids]
        return conversation, "\n".join(words)
    conversation = await unit.change(conversation, void_before=message.seq)
    live = await unit.find(Dispatch, conversation=conversation.id, status=tuple(LIVE))
    words = [await _end(unit, house, conversation, person, each.id, command.verb) for each in live]
    dropped = await unit.find(Message, conversation=conversation.id, state=MessageState.WAITING)
    if not words and not dropped:
        away = await moving.elsewhere(unit, house, person, conversation) if conversation.direct else []
        words = [reports.nothing_to_stop([each.id for each in away])]
    return conversation, "\n".join(words)


async def _end(
    unit: Unit, house: House, conversation: Conversation, person: Person, dispatch_id: str, verb: Verb
) -> str:
    dispatch = await unit.get(Dispatch, dispatch_id, lock=True)
    if dispatch is None:
        return f"There is no dispatch {dispatch_id}."
    act = Act.STOP if verb is Verb.STOP else Act.CANCEL
    object = policy.of_dispatch(dispatch, conversation.address)
    if why := policy.authorize(house.settings, person, act, object):
        return why
    return await control.request_end(unit, house, dispatch, act.value)


async def _pair(unit: Unit, house: House, person: Person, command: Command) -> str:
    """An admin's own words, as an approval: no decision of a model lets anybody in."""
    if why := policy.authorize(house.settings, person, Act.PEOPLE):
        return why
    code, role, id = [*command.text.split(), "", "", ""][:3]
    if not code or (role and role not in set(Role)):
        return f"Write the code and a role ({', '.join(Role)}): `/pair K7QMX2PD user`."
    try:
        return await pairing.approve(unit, house, person, code, Role(role or Role.USER), id)
    except Refused as error:
        return str(error)


async def _decide(
    unit: Unit, house: House, conversation: Conversation, person: Person, command: Command
) -> str:
    open_ = [
        item for item in await questions.open_in(unit, conversation.id) if item.kind is QuestionKind.APPROVAL
    ]
    wanted = command.ids[0] if command.ids else (open_[0].id if len(open_) == 1 else "")
    if not wanted:
        names = ", ".join(item.id for item in open_) or "none is open"
        return f"Which one? Write /{command.verb} and its number ({names})."
    granted = command.verb is Verb.APPROVE
    try:
        reply = _reply(granted, command.text)
        return await decide(unit, house, person, wanted, reply, place=conversation.address)
    except Refused as error:
        return str(error)


def _reply(granted: bool, words: str) -> Reply:
    """``/approve q7 session`` allows the same call again; other words are a comment."""
    session = granted and words.strip().casefold().removeprefix("for this ") == "session"
    verdict = Verdict.GRANTED if granted else Verdict.DENIED
    return Reply(verdict, {}, "" if session else words, session=session)


async def decide(
    unit: Unit,
    house: House,
    person: Person,
    question_id: str,
    reply: Reply,
    *,
    place: Address | None = None,
    shown: str | None = None,
) -> str:
    """Grant or deny one approval; the sentence to say, or Refused.

    ``shown`` is the hash the person read; without it a grant is for what was posted last.
    """
    item = await unit.get(Question, question_id)
    if item is None or item.kind is not QuestionKind.APPROVAL:
        raise Refused(f"There is no approval {question_id}.")
    if shown is None and reply.verdict is Verdict.GRANTED:
        shown = await approvals.last_shown(unit, item)
    await questions.close(unit, house, question_id, reply, person, place, shown=shown)
    return f"{question_id}: {reports.verdict_words(reply).lower()}."
