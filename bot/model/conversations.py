"""Conversations and what comes in: one Slack thread, Telegram chat or terminal session, and its messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.model.people import Identity


@dataclass(frozen=True, slots=True)
class Address:
    """Where a conversation is on its platform: enough to post there, and nothing else."""

    chat: str  # the adapter's name
    key: str  # the platform's own address, unique within the chat; "T01/C02/1718.0001", "-100123/7", "main"
    account: str = ""  # team or bot account, where a platform has several


NEW: Final = "new"
"""Instead of a dispatch in ``goes_on_with``: the next request is new work."""


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    chat: str
    key: str
    account: str
    created_at: datetime
    direct: bool = True  # one person and us; False: others read and write here too
    project: str | None = None  # the default project here
    last_seq: int = 0  # the newest message's sequence number
    last_post: int = 0  # the newest post's sequence number
    void_before: int = 0  # turns of messages below this say only "not started: you said stop"
    hold_until: datetime | None = None  # the platform asked us to wait
    summary: str = ""  # what was said before summary_upto, in a few sentences
    summary_upto: int = 0
    person: str | None = None  # whose private conversation with us it is
    goes_on_with: str | None = None  # what plain words here are about: a dispatch that was picked, or NEW
    lost: bool = False  # the platform takes nothing for it any more
    lost_why: str = ""  # its own words

    @property
    def address(self) -> Address:
        return Address(self.chat, self.key, self.account)


class MessageState(StrEnum):
    WAITING = "waiting"  # accepted, its turn has not ended
    DONE = "done"
    VOID = "void"  # overtaken by a stop


class Origin(StrEnum):
    """Who wrote the text; only PERSON may lead to an action."""

    PERSON = "person"
    UNTRUSTED = "untrusted"  # forwarded, or from somebody without rights


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file that somebody attached; fetched only when needed."""

    id: str
    name: str
    size: int  # bytes, as the platform says
    voice: bool = False  # a voice note: somebody's words, spoken
    heard: bool = False  # and they stand in the message's text
    sha256: str = ""  # of its bytes, once they are here


@dataclass(frozen=True, slots=True)
class Message:
    """One accepted event of a conversation: a message, a press or a form. The inbox is made of these."""

    id: str
    conversation: str
    seq: int  # strictly rising within the conversation
    platform_key: str  # unique: a redelivery has the same one
    person: str | None
    sender: str  # what people read; never used for rights
    text: str
    received_at: datetime
    reply_to: str | None = None  # the platform id of the message that this one answers
    origin: Origin = Origin.PERSON
    addressed: bool = True  # direct chat, mention, or reply to one of our posts
    files: tuple[FileRef, ...] = ()
    state: MessageState = MessageState.WAITING
    decision: str | None = None  # JSON of the stored Decision; a crash does not pay for it twice
    cost_usd: float | None = None  # of that decision; None = unknown
    own: bool = False  # its person wants the secretary's own answer, and no specialist
    late: bool = False  # its person is asked whether it counts: old when it arrived, or heard and not read
    quoted: str = ""  # words of somebody else that its person handed over with it; material, never an order

    @property
    def voice(self) -> FileRef | None:
        """The voice note that it came as."""
        return next((file for file in self.files if file.voice), None)


# What adapters hand to ``desk.receive``. ``key`` is the platform's unique key of the event.


@dataclass(frozen=True, slots=True)
class Wrote:
    """Somebody wrote a message."""

    identity: Identity
    where: Address
    key: str
    text: str
    sender: str
    reply_to: str | None = None
    direct: bool = True
    addressed: bool = True
    opens: bool = True  # False: counts only where somebody has talked to us before
    forwarded: bool = False
    files: tuple[FileRef, ...] = ()
    sent_at: datetime | None = None  # as the platform says; None: just now
    outsider: bool = False  # a guest, or of another organisation: is not offered to be let in
    quoted: str = ""  # words of somebody else that are handed over with it
    member: bool = False  # the platform says that they belong to us: may ask to be let in where others read


@dataclass(frozen=True, slots=True)
class Edited:
    """Somebody changed a message they had sent."""

    identity: Identity
    where: Address
    key: str  # includes the edit stamp
    of: str  # the key of the message that was changed
    text: str
    sender: str


@dataclass(frozen=True, slots=True)
class Deleted:
    identity: Identity
    where: Address
    key: str
    of: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """Somebody pressed a button; the token is the row's random id, nothing else travels."""

    identity: Identity
    where: Address
    key: str
    token: str
    sender: str
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """Somebody filled in the form that a button had opened."""

    identity: Identity
    where: Address
    key: str
    token: str
    values: dict[str, str]
    sender: str


CANCELS: Final = "❌"
"""What an adapter makes of every reaction that says: away with it."""


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody put a sign on a message; ``where`` may name the channel only, without the thread."""

    identity: Identity
    where: Address
    key: str
    emoji: str
    message_id: str
    of: str | None = None  # the key of that message, had a person written it


@dataclass(frozen=True, slots=True)
class Stopped:
    """The platform's own stop control was used."""

    identity: Identity
    where: Address
    key: str
    sender: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody opened our page, or (``page`` is False) their private chat with us; ``where`` is that chat."""

    identity: Identity
    where: Address
    key: str
    page: bool = True


@dataclass(frozen=True, slots=True)
class Summoned:
    """Somebody wants to say in a form what is to be done: about a message of others, or anything."""

    identity: Identity
    where: Address  # their private conversation with us
    key: str
    sender: str
    about: Address | None = None  # where it is to be talked about; None: in private
    quoted: str = ""  # the words of that message


Inbound = Wrote | Edited | Deleted | Pressed | Submitted | Reacted | Stopped | Opened | Summoned


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in: words, or one of the options."""

    name: str
    label: str
    options: tuple[str, ...] = ()
    chosen: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form that a button opens: one line or several; with ``fields``, these instead."""

    token: str
    title: str
    label: str
    placeholder: str = ""
    fields: tuple[Field, ...] = ()


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    OPEN_FORM = "open_form"
    IGNORED = "ignored"  # not for us and not kept


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an inbound event; returned only after the commit."""

    outcome: Outcome
    text: str = ""  # refused: the sentence for the person; accepted press: a short confirmation
    form: Form | None = None
    message: str | None = None  # the message's id, when one was kept
    too_much: bool = False  # refused: and so will be what follows at once
    examples: tuple[str, ...] = ()  # what the person may begin with
