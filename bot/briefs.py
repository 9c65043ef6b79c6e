"""A brief is made from rows: what stands in the conversation when a message has its turn."""

from __future__ import annotations

from typing import Final

from bot import people, policy
from bot.brief import Brief, Line, OurPost, ProjectLine
from bot.house import House
from bot.model.conversations import Address, Conversation, Message, Origin
from bot.model.dispatches import LIVE, Dispatch
from bot.model.people import Person
from bot.model.posts import OutboxRow, PostKind
from bot.model.questions import Question
from bot.model.schedules import Firing
from bot.ports import Unit
from bot.questions import open_in

HISTORY: Final = 30
"""Messages and posts that are looked at; the brief takes the last few that fit its budget."""


async def brief_of(unit: Unit, house: House, message: Message) -> Brief | None:
    """What the rows say around ``message``; None when its person is nobody we know any more."""
    person = await people.known(unit, house.settings, message.person or "")
    conversation = await unit.get(Conversation, message.conversation)
    if person is None or conversation is None:
        return None
    live = await unit.find(Dispatch, conversation=conversation.id, status=tuple(LIVE))
    recent = await unit.find(Dispatch, conversation=conversation.id, newest=True, limit=8)
    replied_to = await _replied_to(unit, message)
    about = await _digested(unit, message)
    named = [*await _named(unit, replied_to, conversation), *about]
    dispatches = {
        item.id: item
        for item in (*live, *recent, *named)
        if policy.may_be_named(house.settings, item.project, conversation.address)
    }
    return Brief(
        message=message,
        person=person,
        now=house.now(),
        direct=conversation.direct,
        others_present=not conversation.direct,
        projects=_projects(house, person, conversation.address),
        default_project=conversation.project,
        goes_on_with=conversation.goes_on_with,
        dispatches=tuple(dispatches.values()),
        questions=await _questions(unit, house, conversation, replied_to),
        replied_to=replied_to,
        history=await _history(unit, message),
        summary=conversation.summary,
        tainted=message.origin is not Origin.PERSON or bool(message.quoted),
        about=tuple(item.id for item in about),
        timezone=await people.timezone(unit, house.settings, person.id),
    )


async def _digested(unit: Unit, message: Message) -> list[Dispatch]:
    """What a digest names that is replied to: it has no session of its own, they have."""
    if message.reply_to is None:
        return []
    outbox = await unit.posted(message.conversation, message.reply_to) or message.reply_to
    found = await unit.find(Firing, outbox=outbox, limit=1)
    return await unit.find(Dispatch, id=found[0].about) if found else []


async def _named(unit: Unit, replied_to: str | None, conversation: Conversation) -> list[Dispatch]:
    """What is replied to or was picked here, although it is older or speaks elsewhere by now."""
    ids = {id for id in (replied_to, conversation.goes_on_with) if id and id.startswith("d")}
    found = [await unit.get(Dispatch, id) for id in ids]
    return [item for item in found if item is not None]


def _projects(house: House, person: Person, place: Address) -> tuple[ProjectLine, ...]:
    settings = house.settings
    here = {name: settings.projects[name] for name in policy.usable(settings, person, place)}
    return tuple(
        ProjectLine(name, project.description, project.permission_mode, project.specialist)
        for name, project in here.items()
    )


async def _questions(
    unit: Unit, house: House, conversation: Conversation, replied_to: str | None
) -> tuple[Question, ...]:
    """What is open here, and what is replied to although it was closed elsewhere meanwhile."""
    found = {item.id: item for item in await open_in(unit, conversation.id)}
    replied = await unit.get(Question, replied_to) if replied_to else None
    if replied is not None:
        found[replied.id] = replied
    asking = await unit.find(Dispatch, id=tuple(item.dispatch for item in found.values()))
    hidden = {
        each.id
        for each in asking
        if not policy.may_be_named(house.settings, each.project, conversation.address)
    }
    return tuple(item for item in found.values() if item.dispatch not in hidden)


async def _replied_to(unit: Unit, message: Message) -> str | None:
    if message.reply_to is None:
        return None
    outbox = await unit.posted(message.conversation, message.reply_to) or message.reply_to
    row = await unit.get(OutboxRow, outbox)
    return (row.question or row.dispatch) if row else None


async def _history(unit: Unit, message: Message) -> tuple[Line, ...]:
    """The last words of both sides before this message, oldest first."""
    said = await unit.find(Message, conversation=message.conversation, newest=True, limit=HISTORY)
    ours = await unit.find(
        OutboxRow,
        conversation=message.conversation,
        kind=(PostKind.REPLY, PostKind.RESULT, PostKind.QUESTION),
        edits=None,
        newest=True,
        limit=HISTORY,
    )
    lines: list[Line] = [item for item in said if item.seq < message.seq]
    lines += [
        OurPost(row.post.markdown, row.created_at, row.dispatch, row.dispatch is not None) for row in ours
    ]
    return tuple(sorted(lines, key=_when))


def _when(line: Line) -> float:
    return (line.received_at if isinstance(line, Message) else line.posted_at).timestamp()
