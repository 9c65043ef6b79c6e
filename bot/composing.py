"""Work that is described in a form: opened where the person is known, then words like any others.

What somebody else wrote comes with it as material. The order is what its person writes into the form.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter

from bot import policy
from bot.addresses import find_conversation
from bot.errors import Refused
from bot.house import House
from bot.model.acts import Act
from bot.model.conversations import Address, Conversation, Field, Form, Outcome, Receipt, Summoned, Wrote
from bot.model.people import Identity, Person
from bot.model.posts import Button, ButtonAction
from bot.outbox import button
from bot.ports import Unit

LASTS: Final = timedelta(hours=1)
MAX_QUOTED: Final = 20_000
AS_USUAL: Final = "as the project does"
NO_CHANGES: Final = "look only, change nothing"
NO_LIMIT: Final = "the project's own limit"
LIMITS: Final = (NO_LIMIT, "$1", "$2", "$5")
NO_PROJECT: Final = "There is no project you may work in; an admin can add you to one."

_SUMMONS: Final = TypeAdapter(Summoned)


async def open_form(
    unit: Unit, house: House, private: Conversation, person: Person, inbound: Summoned
) -> Receipt:
    """The form, bound to the person, good once and for an hour."""
    about = inbound.about or private.address
    usable = policy.usable(house.settings, person, about)
    if not usable:
        return Receipt(Outcome.REFUSED, NO_PROJECT)
    kept = Summoned(
        inbound.identity,
        inbound.where,
        inbound.key,
        inbound.sender,
        inbound.about,
        inbound.quoted[:MAX_QUOTED],
    )
    view = await button(
        unit,
        house,
        private.id,
        ButtonAction.COMPOSE,
        person.id,
        "Send",
        argument=_SUMMONS.dump_json(kept).decode(),
        person=person.id,
        expires_at=house.now() + LASTS,
    )
    there = await find_conversation(unit, about)
    usual = there.project if there and there.project in usable else usable[0]
    return Receipt(Outcome.OPEN_FORM, form=_form(view.token, usable, usual or usable[0], inbound))


def _form(token: str, usable: tuple[str, ...], usual: str, inbound: Summoned) -> Form:
    where = "in the thread of the message" if inbound.about else "in our private channel"
    fields = (
        Field("text", "What is to be done"),
        Field("project", "Project", usable, usual),
        Field("how", "How", (AS_USUAL, NO_CHANGES), AS_USUAL),
        Field("limit", "At most", LIMITS, NO_LIMIT),
    )
    return Form(token, "Send to a specialist", f"The answer comes {where}.", fields=fields)


def read(house: House, person: Person, row: Button, values: dict[str, str]) -> Wrote:
    """The filled form as words of that person; raises Refused with the sentence for them."""
    asked = _SUMMONS.validate_json(row.argument)
    words, project = values.get("text", "").strip(), values.get("project", "")
    where = asked.about or asked.where
    if why := policy.authorize(house.settings, person, Act.START, policy.in_project(project, where)):
        raise Refused(why)
    if not words:
        raise Refused("The form was empty: write what is to be done.")
    return _wrote(asked.identity, where, asked, _order(words, project, values), person)


def _order(words: str, project: str, values: dict[str, str]) -> str:
    """As the person would have written it."""
    how = "Change nothing." if values.get("how") == NO_CHANGES else ""
    limit = values.get("limit", NO_LIMIT)
    most = f"Up to {limit}." if limit in LIMITS and limit != NO_LIMIT else ""
    return "\n\n".join(
        part for part in (f"/run @{project} {words}", " ".join(filter(None, (how, most)))) if part
    )


def said(person: Person, wrote: Wrote) -> str:
    """For those who read there, who have not seen the form."""
    words = wrote.text.removeprefix("/run ")
    return f"{person.name} asks {words}"


def _wrote(identity: Identity, where: Address, asked: Summoned, text: str, person: Person) -> Wrote:
    return Wrote(
        identity,
        where,
        f"{asked.key}:composed",
        text,
        person.name or asked.sender,
        direct=asked.about is None,
        quoted=asked.quoted,
    )
