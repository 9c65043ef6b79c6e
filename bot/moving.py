"""A dispatch speaks in one conversation at a time; moved, all that is still to be said comes in another.

The old card and the posts of open questions turn into pointers; card and questions come anew, with buttons of
their own. An old button that is pressed all the same still counts: the first close wins, and redraws all.
"""

from __future__ import annotations

from bot import policy, questions, reports
from bot.errors import Refused
from bot.house import House
from bot.lifecycle import post_card
from bot.model.acts import Act
from bot.model.conversations import Conversation, Message
from bot.model.dispatches import LIVE, Dispatch
from bot.model.log import AuditRow
from bot.model.people import Person
from bot.model.posts import OutboxRow, Post, PostKind
from bot.model.questions import Question
from bot.outbox import post
from bot.ports import Unit


async def move(unit: Unit, house: House, person: Person, dispatch: Dispatch, to: Conversation) -> str:
    """In the caller's transaction, compare-and-set on the dispatch; raises Refused with the sentence."""
    if why := policy.authorize(house.settings, person, Act.MOVE, policy.of_dispatch(dispatch, to.address)):
        raise Refused(why)
    if dispatch.conversation == to.id:
        return f"{dispatch.id} speaks here already."
    asked = await questions.open_questions(unit, dispatch)
    await _point(unit, house, dispatch, asked, to)
    await speak_in(unit, house, dispatch, to, person.id)
    return ""


async def speak_in(unit: Unit, house: House, dispatch: Dispatch, to: Conversation, by: str) -> None:
    """From now on, whatever has become of the old place; what goes on has card and open questions anew."""
    live = dispatch.status in LIVE
    card = house.new_id() if live and to.chat not in house.local_chats else None
    revision = dispatch.revision + 1
    moved = await unit.change(dispatch, conversation=to.id, card=card, revision=revision, drawn=revision)
    if live:
        await post_card(unit, house, moved)
    for item in await questions.open_questions(unit, dispatch):
        here = await unit.change(item, conversation=to.id, also_in=None)
        await questions.announce(unit, house, here, moved)
    await unit.add(AuditRow(house.new_id(), house.now(), by, "dispatch.moved", moved.id, place_words(to)))


async def _point(
    unit: Unit, house: House, dispatch: Dispatch, asked: list[Question], to: Conversation
) -> None:
    """What stood for it in the old place says where it went."""
    words = reports.moved(dispatch, place_words(to))
    cards = await unit.find(
        OutboxRow, dispatch=dispatch.id, conversation=dispatch.conversation, kind=PostKind.CARD, edits=None
    )
    posts = await unit.find(OutboxRow, question=tuple(item.id for item in asked), edits=None) if asked else []
    for row in (*cards, *posts):
        if row.conversation != to.id:
            await _rewrite(unit, house, row, words)


async def _rewrite(unit: Unit, house: House, row: OutboxRow, words: str) -> None:
    content = Post(words, silent=True)
    await post(
        unit,
        house,
        row.conversation,
        content,
        PostKind.REPLY,
        dispatch=row.dispatch,
        question=row.question,
        edits=row.id,
    )


def place_words(place: Conversation) -> str:
    """What people call a conversation: a private one by its chat."""
    return place.chat if place.direct and place.person else f"{place.chat}:{place.key}"


# ── which one, and where to ──────────────────────────────────────────────────────────────────────────────


async def elsewhere(unit: Unit, house: House, person: Person, here: Conversation) -> list[Dispatch]:
    """The person's live work that speaks in other conversations and may be named here."""
    live = await unit.find(Dispatch, person=person.id, status=tuple(LIVE))
    return [
        item
        for item in live
        if item.conversation != here.id and policy.may_be_named(house.settings, item.project, here.address)
    ]


async def private_place(unit: Unit, person: Person, chat: str) -> Conversation:
    """The person's own conversation in that chat, the last one they opened."""
    found = await unit.find(Conversation, chat=chat, person=person.id, direct=True, newest=True, limit=1)
    if not found:
        raise Refused(f"I know no private conversation of yours in {chat}; write to me there first.")
    return found[0]


async def named_place(unit: Unit, person: Person, name: str) -> Conversation:
    """``telegram`` for one's own conversation there, ``telegram:-100123/7`` for one where one has written."""
    chat, colon, key = name.partition(":")
    if not colon:
        return await private_place(unit, person, chat)
    found = await unit.find(Conversation, chat=chat, key=key)
    for place in found:
        if place.person == person.id or await unit.find(
            Message, conversation=place.id, person=person.id, limit=1
        ):
            return await unit.get(Conversation, place.id, lock=True) or place
    raise Refused(f"There is no conversation {name} in which you have written to me.")
