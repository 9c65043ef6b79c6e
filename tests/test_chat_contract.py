"""Every Chat that we ship keeps the contract; the scripted one on each kind of platform."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.chats.terminal.chat import TerminalChat
from adapters.rehearsal.contracts.chat import ChatCheck, Rig, checks_for, run
from adapters.rehearsal.scripted_chat import Fault, Faults, Journal, Platform, ScriptedChat
from bot.model.conversations import Address, Form, Inbound, Outcome, Pressed, Receipt, Submitted
from bot.model.posts import ButtonView, Part, Post
from bot.ports import Abilities, Chat

TERMINAL = Address("terminal", "main")
MAIN = Address("scripted", "main")


@dataclass(frozen=True)
class TerminalRig:
    chat: TerminalChat
    where: Address = TERMINAL
    account: str = "ann"

    def text(self, part: Part) -> str:
        return json.loads(part.body)["text"]

    def attached(self, part: Part) -> str | None:  # noqa: ARG002  (there are no files)
        return None

    def length(self, text: str) -> int:
        return len(text)


@dataclass(frozen=True)
class ScriptedRig:
    platform: Platform
    chat: ScriptedChat
    where: Address = MAIN
    account: str = "ann"

    def text(self, part: Part) -> str:
        return json.loads(part.body)["text"]

    def attached(self, part: Part) -> str | None:  # noqa: ARG002  (there are no files)
        return None

    def length(self, text: str) -> int:
        return len(text)

    def shown(self) -> list[tuple[str, str]]:
        return [(message.id, message.text) for message in self.platform.messages(self.where.key)]

    def fails_next(self, fault: Fault) -> None:
        self.platform.faults.next_calls(fault)

    def closes(self) -> None:
        self.platform.close_conversation(self.where.key)

    def writes(self, text: str) -> None:
        self.platform.writes("ann", text, self.where.key)

    def redelivers(self) -> None:
        self.platform.redeliver(self.platform.acknowledged()[-1])

    def acknowledged(self) -> int:
        return len(self.platform.acknowledged())

    async def until(self, reached: Callable[[], bool]) -> None:
        await self.platform.until(reached)


def scripted(journal: Journal | None = None, *, lookup: bool = True) -> ScriptedRig:
    platform = Platform(journal, lookup=lookup, topics=True, faults=Faults(slow_s=0.05))
    return ScriptedRig(platform, ScriptedChat(platform))


def named(abilities: Abilities) -> list[object]:
    return [pytest.param(check, id=check.__name__) for check in checks_for(abilities)]


def test_the_rigs_are_what_the_suite_asks_for() -> None:
    """Each chat is a Chat to the type checker, and the suite is not empty for any of them."""
    chats: list[Chat] = [TerminalChat(), scripted().chat]
    assert [len(checks_for(chat.abilities)) > 10 for chat in chats] == [True, True]


@pytest.mark.parametrize("check", named(TerminalChat().abilities))
async def test_the_terminal_keeps_the_contract(check: ChatCheck) -> None:
    """A chat that is delivered when committed."""
    await run(check, lambda: TerminalRig(TerminalChat()))


@pytest.mark.parametrize("check", named(scripted().chat.abilities))
async def test_a_platform_with_look_up_keeps_the_contract(check: ChatCheck) -> None:
    """In memory."""
    await run(check, scripted)


@pytest.mark.parametrize("check", named(scripted(lookup=False).chat.abilities))
async def test_a_platform_without_look_up_keeps_the_contract(check: ChatCheck) -> None:
    """In memory."""
    await run(check, lambda: scripted(lookup=False))


@pytest.mark.parametrize("check", named(scripted().chat.abilities))
async def test_a_platform_with_a_file_keeps_the_contract(check: ChatCheck, tmp_path: Path) -> None:
    """The journal that a kill test uses."""

    def open_rig() -> Rig:
        return scripted(Journal(tmp_path / "platform.jsonl"))

    await run(check, open_rig)


async def test_a_call_that_is_answered_too_late_is_ambiguous() -> None:
    """The adapter stops waiting; the message was posted all the same."""
    platform = Platform(faults=Faults(slow_s=5.0))
    chat = ScriptedChat(platform, answer_within_s=0.02)
    platform.faults.next_calls(Fault.APPLY_THEN_SLOW)
    (part,) = chat.parts(Post("hello"))
    error = (await asyncio.gather(chat.send(MAIN, part, "k", False), return_exceptions=True))[0]
    assert getattr(error, "ambiguous", False)
    assert len(platform.messages()) == 1
    assert await chat.send(MAIN, part, "k", True) == platform.messages()[0].id


async def test_a_successor_sees_the_platform_that_its_killed_predecessor_left(tmp_path: Path) -> None:
    """Messages, edits and what was acknowledged are in the file; half a line is not."""
    journal = tmp_path / "platform.jsonl"
    program = """
import asyncio, os, signal, sys
from pathlib import Path
from adapters.rehearsal.scripted_chat import Journal, Platform, ScriptedChat
from bot.model.conversations import Address
from bot.model.posts import Post

async def main():
    platform = Platform(Journal(Path(sys.argv[1])))
    chat = ScriptedChat(platform)
    done = platform.writes("ann", "first")
    platform.writes("ann", "second")
    platform.acknowledge(done)
    id = await chat.send(Address("scripted", "main"), chat.parts(Post("hello"))[0], "k1", False)
    await chat.edit(Address("scripted", "main"), id, chat.parts(Post("changed"))[0])
    with open(sys.argv[1], "a") as file:
        file.write('{"kind":"mess')
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
    killed = subprocess.run([sys.executable, "-c", program, journal], timeout=60, check=False)  # noqa: ASYNC221
    assert killed.returncode == -9
    platform = Platform(Journal(journal))
    assert [message.text for message in platform.messages()] == ["changed"]
    assert len(platform.acknowledged()) == 1
    chat = ScriptedChat(platform)
    id = await chat.send(MAIN, chat.parts(Post("hello"))[0], "k1", True)
    assert id == platform.messages()[0].id
    got = await first_inbound(platform)
    assert getattr(got, "text", "") == "second"


async def test_two_processes_share_one_platform(tmp_path: Path) -> None:
    """What one writes, the other is given; what one shows, the other sees."""
    people = Platform(Journal(tmp_path / "platform.jsonl"))
    house = Platform(Journal(tmp_path / "platform.jsonl"))
    (part,) = ScriptedChat(house).parts(
        Post("Which?", buttons=(ButtonView("t1", "Left"), ButtonView("t2", "Right")))
    )
    await ScriptedChat(house).send(MAIN, part, "k1", False)
    people.presses("bob", "Right")
    pressed = await first_inbound(house)
    assert isinstance(pressed, Pressed)
    assert (pressed.token, pressed.sender) == ("t2", "bob")
    await ScriptedChat(house).open_form(MAIN, Form("t2", "Which?", "Your answer"))
    (form,) = people.forms()
    people.submits("bob", form, {"text": "left"})
    assert isinstance(await first_inbound(house), Submitted)
    assert people.doubled() == []


async def test_a_platform_delivers_some_events_again_although_they_were_acknowledged() -> None:
    """Every third, once nothing new waits."""
    platform = Platform(redeliver_every=3)
    for n in range(6):
        platform.writes("ann", f"message {n}")
    texts: list[str] = []

    async def receive(inbound: Inbound) -> Receipt:
        texts.append(getattr(inbound, "text", ""))
        return Receipt(Outcome.ACCEPTED)

    listening = asyncio.create_task(ScriptedChat(platform).listen(receive))
    await platform.until(lambda: len(texts) == 8)
    listening.cancel()
    assert texts[6:] == ["message 2", "message 5"]


def test_a_mix_of_faults_is_the_same_for_the_same_seed() -> None:
    """A failing run can be repeated."""
    mix = {Fault.OK: 3.0, Fault.RATE_LIMIT: 1.0, Fault.APPLY_THEN_DROP: 1.0}
    first, second = Faults(mix, seed=7), Faults(mix, seed=7)
    drawn = [first.draw() for _ in range(100)]
    assert drawn == [second.draw() for _ in range(100)]
    assert set(drawn) == set(mix)


async def first_inbound(platform: Platform) -> Inbound:
    """The next event that is delivered; it is acknowledged."""
    deliveries = platform.deliveries()
    async for inbound in deliveries:
        platform.acknowledge(inbound.key)
        return inbound
    raise AssertionError("deliveries never end")
