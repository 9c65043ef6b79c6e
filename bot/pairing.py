"""How somebody unknown becomes known: they get a code, an admin approves it; nothing else of theirs is kept.

::

    a stranger writes in private ──▶ a code, for an hour ──▶ an admin: a role, or no ──▶ a person, an account
    an admin invites somebody ─────▶ a code, for an hour ──▶ whoever brings it ────────▶ one more account
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

import structlog

from bot import people, policy, reports
from bot.commands import Verb, parse
from bot.errors import Refused
from bot.house import House
from bot.model.acts import Act
from bot.model.conversations import Conversation, Wrote
from bot.model.log import AuditRow
from bot.model.people import Identity, Pairing, Person, Role
from bot.model.posts import Button, ButtonAction, Post, PostKind, Style
from bot.outbox import button, post
from bot.ports import Unit

_log = structlog.get_logger("pairing")

LASTS: Final = timedelta(hours=1)
PENDING: Final = 3
"""Requests of strangers that wait in one chat; a fourth is refused without a code."""
REST: Final = timedelta(days=1)
"""How long who was turned away gets no further code."""


ASKED: Final = (
    "I only work for people I know. I have asked an admin to let you in; the request, {code}, is good for an "
    "hour."
)
"""To somebody who belongs to us, where others read."""


# ── strangers ────────────────────────────────────────────────────────────────────────────────────────────


async def ask(unit: Unit, house: House, identity: Identity, conversation: Conversation) -> Pairing | None:
    """A code for that stranger; None when there are too many, or an admin has said no today."""
    if await _turned_away(unit, house, identity):
        return None
    if len(await pending(unit, house, identity.chat)) >= PENDING:
        return None
    now = house.now()
    row = Pairing(
        house.new_code(), identity.chat, now, now + LASTS, identity.account, conversation=conversation.id
    )
    await unit.add(row)
    await _tell_admins(unit, house, row)
    _log.info("pairing.asked", chat=identity.chat, account=identity.account)
    return row


async def words(unit: Unit, row: Pairing, *, direct: bool) -> str:
    """To the stranger; where others read, who was asked for them if anybody could be."""
    told = not direct and await unit.find(Button, object=row.id, limit=1)
    return (ASKED if told else reports.PAIRING).format(code=row.id)


async def has_asked(unit: Unit, house: House, identity: Identity) -> bool:
    """A code of theirs is still good."""
    return any(row.account == identity.account for row in await pending(unit, house, identity.chat))


async def pending(unit: Unit, house: House, chat: str | None = None) -> list[Pairing]:
    """Requests that wait for an admin."""
    wanted: dict[str, Any] = {} if chat is None else {"chat": chat}
    rows = [row for row in await unit.find(Pairing, closed_at=None, **wanted) if row.account is not None]
    return [row for row in rows if row.expires_at > house.now()]


async def _turned_away(unit: Unit, house: House, identity: Identity) -> bool:
    last = await unit.find(Pairing, chat=identity.chat, account=identity.account, newest=True, limit=1)
    return any(row.closed_at is not None and row.closed_at > house.now() - REST for row in last)


async def _tell_admins(unit: Unit, house: House, row: Pairing) -> None:
    """In the private conversation of each, in their ``notify`` chat, else in the chat of the request."""
    for one in await people.everybody(unit, house.settings):
        admin = await people.known(unit, house.settings, one.id) if one.role is Role.ADMIN else None
        if admin is None:
            continue
        theirs = await unit.find(Conversation, person=admin.id, direct=True, lost=False, newest=True)
        chats = [admin.notify] if admin.notify else [row.chat]
        for place in [each for each in theirs if each.chat in chats][:1]:
            await _offer(unit, house, row, admin, place)


async def _offer(unit: Unit, house: House, row: Pairing, admin: Person, place: Conversation) -> None:
    outbox = house.new_id()
    offers = (
        (ButtonAction.PAIR, "Allow as user", Role.USER.value, Style.PRIMARY),
        (ButtonAction.TURN_AWAY, "Deny", "", Style.DANGER),
    )
    buttons = tuple(
        [
            await button(
                unit,
                house,
                place.id,
                action,
                row.id,
                label,
                argument=argument,
                style=style,
                outbox=outbox,
                person=admin.id,
                expires_at=row.expires_at,
            )
            for action, label, argument, style in offers
        ]
    )
    words = reports.asks_to_be_known(row)
    await post(unit, house, place.id, Post(words, buttons=buttons), PostKind.REPLY, id=outbox)


# ── admins: what a verb of the desk, /pair or a press has seen to ────────────────────────────────────────


async def approve(unit: Unit, house: House, by: Person, code: str, role: Role, id: str = "") -> str:
    """Make the account that asked a person of that role, or one more account of ``id`` who is known."""
    row = await _open(unit, house, code)
    assert row.account is not None  # noqa: S101  _open returns requests only
    id = id or await _free_id(unit, house, row, row.account)
    known = await people.known(unit, house.settings, id)
    if known is None:
        await people.add(unit, house, by, id, "", role)
    await people.link(unit, house, by, id, Identity(row.chat, row.account))
    now = await people.known(unit, house.settings, id)
    assert now is not None  # noqa: S101  added above
    await _close(unit, house, row, by.id, f"{id} is {now.role} — {by.name}")
    await _welcome(unit, house, row.conversation, now)
    return f"{row.chat}:{row.account} is {id} from now on, {now.role}."


async def turn_away(unit: Unit, house: House, by: Person, code: str) -> str:
    row = await _open(unit, house, code)
    await _close(unit, house, row, by.id, f"turned away — {by.name}")
    await unit.add(AuditRow(house.new_id(), house.now(), by.id, "person.turned_away", _account(row)))
    return f"{_account(row)} is turned away, and gets no further code for a day."


async def _open(unit: Unit, house: House, code: str) -> Pairing:
    row = await unit.get(Pairing, code.strip().upper(), lock=True)
    if row is None or row.account is None or row.expires_at <= house.now():
        raise Refused(f"No request has the code {code}; a code is good for an hour.")
    if row.closed_at is not None:
        raise Refused(f"{row.id} was decided already, by {row.closed_by}.")
    return row


async def _close(unit: Unit, house: House, row: Pairing, by: str, words: str) -> None:
    """Every post about it says what came of it, without its buttons."""
    await unit.change(row, closed_at=house.now(), closed_by=by)
    content = Post(f"{reports.asks_to_be_known(row)}\n\n{words}", silent=True)
    offered = await unit.find(Button, object=row.id, action=(ButtonAction.PAIR, ButtonAction.TURN_AWAY))
    places = {each.outbox: each.conversation for each in offered if each.outbox}
    for outbox, place in places.items():
        await post(unit, house, place, content, PostKind.REPLY, edits=outbox)


async def _welcome(unit: Unit, house: House, conversation_id: str | None, person: Person) -> None:
    conversation = await unit.get(Conversation, conversation_id, lock=True) if conversation_id else None
    if conversation is None:
        return
    if conversation.direct:
        await unit.change(conversation, person=person.id)
    await post(unit, house, conversation.id, Post(reports.PAIRED.format(role=person.role)), PostKind.REPLY)


def _account(row: Pairing) -> str:
    return f"{row.chat}:{row.account}"


async def _free_id(unit: Unit, house: House, row: Pairing, account: str) -> str:
    """telegram-4711; an admin who wants a nicer one gives it. Two accounts may look alike in small letters,
    and the second must not become one more account of the first one's person."""
    id = re.sub(r"[^a-z0-9]+", "-", f"{row.chat}-{account}".lower()).strip("-")[:55]
    taken = await people.known(unit, house.settings, id) is not None
    return f"{id}-{row.id.lower()}" if taken else id


# ── invitations ──────────────────────────────────────────────────────────────────────────────────────────


async def invite(unit: Unit, house: House, by: Person, id: str, chat: str) -> Pairing:
    """A code that makes the account which brings it one of ``id``'s: for a link, once, within the hour."""
    if await people.known(unit, house.settings, id) is None:
        raise Refused(f"{id} is nobody this house knows; `frontdesk people add {id}` adds them.")
    now = house.now()
    row = Pairing(house.new_token(), chat, now, now + LASTS, person=id, made_by=by.id)
    await unit.add(row)
    await unit.add(AuditRow(house.new_id(), now, by.id, "person.invited", id, chat))
    return row


async def accept(unit: Unit, house: House, inbound: Wrote, conversation: Conversation) -> bool:
    """Whether the stranger's ``/start CODE`` was a good invitation; then the account is linked."""
    command = parse(inbound.text)
    if command is None or command.verb is not Verb.START or not command.text or not inbound.direct:
        return False
    row = await unit.get(Pairing, command.text, lock=True)
    if row is None or row.person is None or row.chat != inbound.identity.chat or row.closed_at is not None:
        return False
    host = await people.known(unit, house.settings, row.made_by or "")
    if row.expires_at <= house.now() or host is None or policy.authorize(house.settings, host, Act.PEOPLE):
        return False
    try:
        await people.link(unit, house, host, row.person, inbound.identity)
    except Refused as error:
        _log.warning("pairing.refused", chat=row.chat, account=inbound.identity.account, error=str(error))
        return False
    identity = inbound.identity
    await unit.change(row, closed_at=house.now(), closed_by=f"{identity.chat}:{identity.account}")
    guest = await people.known(unit, house.settings, row.person)
    assert guest is not None  # noqa: S101  linked above
    await _welcome(unit, house, conversation.id, guest)
    return True
