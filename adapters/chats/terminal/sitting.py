"""One sitting at a terminal: what a typed line does, whoever typed it and whichever conversation is open."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, assert_never
from uuid import uuid4

from adapters.chats.terminal import typed as line
from adapters.chats.terminal.chat import NAME
from adapters.chats.terminal.following import LOOK_AGAIN_S, Follower
from adapters.chats.terminal.house import House
from adapters.chats.terminal.screen import Screen
from bot.errors import FrontdeskError, StoreError
from bot.model.conversations import Address, Form, Inbound, Outcome, Pressed, Receipt, Submitted, Wrote
from bot.model.people import Identity
from bot.model.posts import ButtonView

FORM_FIELD: Final = "text"
"""The key of the one value that a form in a terminal submits."""

_TRIES: Final = 5


class Effect(StrEnum):
    SENT = "sent"  # the house has accepted something
    LOCAL = "local"  # nothing to wait for
    FAILED = "failed"  # it could not be done as typed
    LEFT = "left"


class Sitting:
    def __init__(
        self, house: House, screen: Screen, follower: Follower, people: Sequence[str], person: str
    ) -> None:
        self._house = house
        self._screen = screen
        self._follower = follower
        self._people = people
        self._id = uuid4().hex
        self._lines = 0
        self._home = follower.board.key
        self.person = person
        self.form: Form | None = None  # the next line fills it in

    @property
    def thread(self) -> str:
        """The open conversation's name, where it needs saying."""
        return "" if self._follower.board.key == self._home else self._follower.board.key

    async def do(self, typed: line.Typed, typing_since: float | None = None) -> Effect:
        """Act on one line; ``typing_since`` (monotonic) protects against buttons that appeared meanwhile."""
        match typed:
            case line.Nothing():
                return Effect.LOCAL
            case line.Say(text):
                return await self._say(text)
            case line.Number(n):
                return await self._number(n, typing_since)
            case line.Press(which):
                return await self._press(which)
            case line.Answer(to, text):
                return await self._answer(to, text)
            case line.Go(thread):
                return await self._go(thread)
            case line.Become(person):
                return self._become(person)
            case line.Threads():
                self._screen.note("  ".join(self._follower.threads))
                return Effect.LOCAL
            case line.Help():
                self._screen.help()
                return Effect.LOCAL
            case line.Quit():
                return Effect.LEFT
            case line.Wait():
                return self._failed("/wait is for scripts; here you see when something happens.")
            case line.Mistyped(problem):
                return self._failed(problem)
            case _:
                assert_never(typed)

    def spoken(self, typed: line.Typed, written: str) -> str:
        """How a line reads in the conversation: a pressed button by its label."""
        match typed:
            case line.Press() | line.Number():
                found = self._follower.board.button(
                    typed.which if isinstance(typed, line.Press) else str(typed.n)
                )
                return f"[{found[1].label}]" if found else written
            case _:
                return written

    async def submit(self, text: str) -> Effect:
        """Fill in the form that a button has opened; nothing written, nothing sent."""
        form, self.form = self.form, None
        if form is None or not text.strip():
            self._screen.note("Nothing was sent.")
            return Effect.LOCAL
        values = {FORM_FIELD: text}
        return await self._hand_in(
            Submitted(self._identity, self._where, self._key(), form.token, values, self.person)
        )

    async def _say(self, text: str, reply_to: str | None = None) -> Effect:
        return await self._hand_in(
            Wrote(self._identity, self._where, self._key(), text, self.person, reply_to=reply_to)
        )

    async def _number(self, n: int, typing_since: float | None) -> Effect:
        board = self._follower.board
        if board.button(str(n)) is None:
            return await self._say(str(n))
        if typing_since is not None and board.asked_at > typing_since:
            return self._failed("These buttons appeared while you were typing. Look again, then press.")
        return await self._press(str(n))

    async def _press(self, which: str) -> Effect:
        found = self._follower.board.button(which)
        if found is None:
            return self._failed(f"There is no button {which!r} to press here.")
        return await self._press_button(*found)

    async def _press_button(self, message_id: str, button: ButtonView) -> Effect:
        effect = await self._hand_in(
            Pressed(self._identity, self._where, self._key(), button.token, self.person, message_id)
        )
        if effect is Effect.SENT:
            self._follower.board.pressed(button.token)
        return effect

    async def _answer(self, to: str, text: str) -> Effect:
        reply_to = self._follower.board.about(to)
        if reply_to is None:
            return self._failed(f"There is no post about {to} in this conversation.")
        return await self._say(text, reply_to)

    async def _go(self, thread: str) -> Effect:
        try:
            await self._follower.go(thread)
        except FrontdeskError as error:
            return self._failed(f"{error} Try again.")
        return Effect.LOCAL

    def _become(self, person: str) -> Effect:
        if person not in self._people:
            return self._failed(f"Nobody here is called {person!r}; there is {', '.join(self._people)}.")
        self.person = person
        return Effect.LOCAL

    async def _hand_in(self, inbound: Inbound) -> Effect:
        try:
            receipt = await self._received(inbound)
        except FrontdeskError as error:
            return self._failed(f"{error} Nothing was accepted; send it again.")
        match receipt.outcome:
            case Outcome.REFUSED:
                self._screen.problem(receipt.text)
                return Effect.LOCAL
            case Outcome.OPEN_FORM if receipt.form:
                self.form = receipt.form
                self._screen.note(receipt.form.title)
                return Effect.LOCAL
            case _:
                if receipt.text:
                    self._screen.note(receipt.text)
                return Effect.SENT

    async def _received(self, inbound: Inbound) -> Receipt:
        """The same key in every try, so that a commit we did not hear of is not repeated."""
        for _ in range(_TRIES - 1):
            try:
                return await self._house.receive(inbound)
            except StoreError:
                await self._house.changed(LOOK_AGAIN_S)
        return await self._house.receive(inbound)

    def _failed(self, problem: str) -> Effect:
        self._screen.problem(problem)
        return Effect.FAILED

    def _key(self) -> str:
        self._lines += 1
        return f"{NAME}:{self._id}:{self._lines}"

    @property
    def _identity(self) -> Identity:
        return Identity(NAME, self.person)

    @property
    def _where(self) -> Address:
        return Address(NAME, self._follower.board.key)
