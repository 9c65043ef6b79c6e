"""A house of one room in memory, with the semantics a terminal relies on; as a program it opens a terminal.

hello …        a reply            fix …    a dispatch with three steps and a result
ask …          a question         allow …  an approval that only bob may grant
stay silent    no reply at all    later …  a question, after a while
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from adapters.chats.terminal.session import converse
from bot.errors import StoreError
from bot.model.conversations import Form, Inbound, Outcome, Pressed, Receipt, Submitted, Wrote
from bot.model.dispatches import Step, StepState
from bot.model.posts import ButtonView, OutboxRow, Post, PostKind

STEPS = ("read README.md", "edit README.md", "run the tests")
PEOPLE = ("ann", "bob")


@dataclass
class SmallHouse:
    pace_s: float = 0.01  # how long one step of work takes
    rows: list[OutboxRow] = field(default_factory=list[OutboxRow])
    received: list[Inbound] = field(default_factory=list[Inbound])
    cards: dict[str, Post] = field(default_factory=dict[str, Post])  # by dispatch
    failing: int = 0  # commits that fail before one succeeds
    _asked: dict[str, tuple[OutboxRow, str]] = field(default_factory=dict[str, tuple[OutboxRow, str]])
    _busy: dict[str, int] = field(default_factory=dict[str, int])
    _keys: set[str] = field(default_factory=set[str])
    _work: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    # What a terminal asks of a house.

    async def receive(self, inbound: Inbound) -> Receipt:
        if self.failing:
            self.failing -= 1
            raise StoreError("The database is locked.")
        if inbound.key in self._keys:
            return Receipt(Outcome.DUPLICATE)
        self._keys.add(inbound.key)
        self.received.append(inbound)
        match inbound:
            case Wrote():
                return self._wrote(inbound)
            case Pressed(token=token):
                return self._pressed(inbound, token)
            case Submitted(values=values):
                return self._wrote_answer(inbound, values["text"])
            case _:
                return Receipt(Outcome.IGNORED)

    async def posts(self, conversation_key: str, after: int) -> list[OutboxRow]:
        return [row for row in self.rows if row.conversation == conversation_key and row.seq > after]

    async def card(self, row: OutboxRow) -> Post | None:
        return self.cards.get(row.dispatch or "")

    async def idle(self, conversation_key: str) -> bool:
        return not self._busy.get(conversation_key)

    async def changed(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()

    # What happens inside.

    def post(
        self,
        where: str,
        kind: PostKind,
        post: Post,
        *,
        dispatch: str | None = None,
        question: str | None = None,
        edits: str | None = None,
    ) -> OutboxRow:
        seq = sum(row.conversation == where for row in self.rows) + 1
        now = datetime.now(UTC)
        row = OutboxRow(f"{where}.{seq}", where, seq, kind, post, now, dispatch, question, edits=edits)
        self.rows.append(row)
        self._news.set()
        return row

    def say(self, where: str, markdown: str) -> OutboxRow:
        return self.post(where, PostKind.REPLY, Post(markdown))

    def _wrote(self, inbound: Wrote) -> Receipt:
        where, text = inbound.where.key, inbound.text.strip()
        match text.split(" ", 1)[0]:
            case "fix":
                self._start(where, self._fix(where, text))
            case "ask":
                self._ask(where, "Which file?", ("README.md", "docs/README.md", "Write …"))
            case "allow":
                self._ask(where, "`Bash` in `/work`\n\n```\nrm -rf build\n```", ("Allow once", "Deny"))
            case "later":
                self._start(where, self._ask_later(where))
            case "stay":
                pass
            case _:
                self._start(where, self._reply(where, inbound))
        return Receipt(Outcome.ACCEPTED)

    def _pressed(self, inbound: Pressed, token: str) -> Receipt:
        if token not in self._asked:
            return Receipt(Outcome.REFUSED, "That button is used up.")
        _, label = self._asked[token]
        if label == "Allow once" and inbound.sender != "bob":
            return Receipt(Outcome.REFUSED, "Only bob may allow this.")
        if label == "Write …":
            return Receipt(Outcome.OPEN_FORM, form=Form(token, "Which file?", "Your answer"))
        return self._close(token, label, inbound.sender)

    def _wrote_answer(self, inbound: Submitted, text: str) -> Receipt:
        return self._close(inbound.token, text, inbound.sender)

    def _close(self, token: str, answer: str, by: str) -> Receipt:
        asked, _ = self._asked[token]
        self._asked = {key: value for key, value in self._asked.items() if value[0].id != asked.id}
        where = asked.conversation
        closed = Post(f"**{asked.question}** · {answer} — {by}")
        self.post(where, PostKind.QUESTION, closed, question=asked.question, edits=asked.id)
        self._start(where, self._result(where, f"Went on with **{answer}**."))
        return Receipt(Outcome.ACCEPTED)

    def _ask(self, where: str, text: str, labels: tuple[str, ...]) -> None:
        id = f"q{sum(row.question is not None and row.edits is None for row in self.rows) + 1}"
        buttons = tuple(ButtonView(f"{where}.{id}.{n}", label) for n, label in enumerate(labels))
        post = Post(f"**{id}** · {text}", buttons=buttons)
        row = self.post(where, PostKind.QUESTION, post, question=id, dispatch="d1")
        self._asked |= {button.token: (row, button.label) for button in buttons}

    async def _ask_later(self, where: str) -> None:
        await asyncio.sleep(self.pace_s * 5)
        self._ask(where, "Which file?", ("README.md", "docs/README.md"))

    def _start(self, where: str, work: object) -> None:
        assert asyncio.iscoroutine(work)
        self._busy[where] = self._busy.get(where, 0) + 1

        def done(task: asyncio.Task[None]) -> None:
            self._busy[where] -= 1
            self._work.discard(task)
            self._news.set()

        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(done)

    async def _reply(self, where: str, inbound: Wrote) -> None:
        about = f" (about {inbound.reply_to})" if inbound.reply_to else ""
        self.say(where, f"Hello **{inbound.sender}**, you said: {inbound.text[:200]}{about}")

    async def _fix(self, where: str, text: str) -> None:
        id = f"d{len(self.cards) + 1}"
        self.say(where, f"On it: {id}.")
        steps = [Step(str(n), step) for n, step in enumerate(STEPS)]
        self._draw(id, text, "working", steps)
        self.post(where, PostKind.CARD, Post(""), dispatch=id)
        for n in range(len(steps)):
            for state in (StepState.ACTIVE, StepState.DONE):
                steps[n] = replace(steps[n], state=state)
                self._draw(id, text, "working", steps)
                await asyncio.sleep(self.pace_s)
        self._draw(id, text, "done", steps)
        await self._result(where, 'Fixed "teh" in `README.md`.', id)

    def _draw(self, id: str, title: str, status: str, steps: list[Step]) -> None:
        since = datetime.now(UTC).microsecond
        buttons = (ButtonView(f"{id}.stop", "Stop"),) if status == "working" else ()
        markdown = f"**{id}** · {title} — {status}\n\nReading for {since} s"
        self.cards[id] = Post(
            markdown, tuple(steps), buttons, footer=f"api · claude-code · {since} s · $0.01"
        )
        self._news.set()

    async def _result(self, where: str, text: str, dispatch: str = "d1") -> None:
        self.post(where, PostKind.RESULT, Post(text, footer="done · 3 s · $0.01"), dispatch=dispatch)


async def open_terminal(house: SmallHouse, history: Path | None) -> int:
    return await converse(
        house,
        people=PEOPLE,
        person="ann",
        conversation="main",
        stdin=sys.stdin,
        stdout=sys.stdout,
        history=history,
    )


if __name__ == "__main__":
    kept = Path(sys.argv[2]) if sys.argv[2:] else None
    sys.exit(asyncio.run(open_terminal(SmallHouse(pace_s=float(sys.argv[1])), kept)))
