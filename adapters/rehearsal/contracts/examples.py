"""Nouns to try a store with: small, valid, and related as in a house."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.model.conversations import Conversation, FileRef, Message
from bot.model.dashboards import Home
from bot.model.dispatches import Billing, Dispatch, Note, Run, Session, Spec, Step, StepState
from bot.model.gathered import Fetch, Finding
from bot.model.grants import Allowance, Rule, SessionGrant
from bot.model.installations import Installation
from bot.model.items import GivenFile, Item, ItemList, ItemState
from bot.model.log import Alert, Arrival, AuditRow, Blob, EventRow, LedgerRow, Refusal
from bot.model.people import AccountRow, Pairing, PersonRow, Role
from bot.model.posts import (
    Button,
    ButtonAction,
    ButtonView,
    FileView,
    OutboxRow,
    Part,
    PartRow,
    Post,
    PostKind,
    Style,
)
from bot.model.questions import Approval, Ask, Option, Question, QuestionKind, Reply, Verdict
from bot.model.result_cache import CachedResult, CacheState, Waiter

NOON: Final = datetime(2026, 3, 14, 12, 0, 0, 250_000, tzinfo=UTC)


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def conversation(id: str = "c1", **fields: Any) -> Conversation:
    given: dict[str, Any] = {"id": id, "chat": "terminal", "key": id, "account": "", "created_at": NOON}
    return Conversation(**given | fields)


def message(n: int = 1, of: str = "c1", **fields: Any) -> Message:
    given: dict[str, Any] = {
        "id": f"{of}m{n}",
        "conversation": of,
        "seq": n,
        "platform_key": f"{of}:{n}",
        "person": "ann",
        "sender": "Ann",
        "text": "What is the time?",
        "received_at": later(n),
    }
    return Message(**given | fields)


def dispatch(n: int = 1, **fields: Any) -> Dispatch:
    given: dict[str, Any] = {
        "id": f"d{n}",
        "conversation": "c1",
        "project": "api",
        "specialist": "claude-code",
        "title": f"Piece {n}",
        "spec": Spec("Make the tests green", constraints=("no new dependency",)),
        "person": "ann",
        "cause": "c1m1",
        "created_at": later(n),
    }
    return Dispatch(**given | fields)


def run(n: int = 1, of: str = "d1", **fields: Any) -> Run:
    given: dict[str, Any] = {
        "id": f"{of}/{n}",
        "dispatch": of,
        "n": n,
        "created_at": later(n),
        "prompt": "Go on",
    }
    return Run(**given | fields)


def question(n: int = 1, **fields: Any) -> Question:
    given: dict[str, Any] = {
        "id": f"q{n}",
        "dispatch": "d1",
        "run": 1,
        "conversation": "c1",
        "kind": QuestionKind.QUESTION,
        "request": f"toolu_{n}",
        "asks": (Ask("Which?", "Which one?", (Option("Left", "the old way"), Option("Right"))),),
        "asked_at": later(n),
    }
    return Question(**given | fields)


def outbox_row(n: int = 1, of: str = "c1", **fields: Any) -> OutboxRow:
    given: dict[str, Any] = {
        "id": f"{of}o{n}",
        "conversation": of,
        "seq": n,
        "kind": PostKind.REPLY,
        "post": Post("Hello"),
        "created_at": later(n),
    }
    return OutboxRow(**given | fields)


def part(n: int = 1, of: str = "c1o1", **fields: Any) -> PartRow:
    given: dict[str, Any] = {"outbox": of, "n": n, "key": f"{of}:{n}", "part": Part('{"text": "Hello"}')}
    return PartRow(**given | fields)


def event(seq: int = 1, attempt: int = 1, of: str = "d1/1", **fields: Any) -> EventRow:
    given: dict[str, Any] = {
        "id": f"{of}.{attempt}.{seq:06}",
        "run": of,
        "attempt": attempt,
        "seq": seq,
        "dispatch": of.partition("/")[0],
        "at": later(seq),
        "kind": "Said",
        "data": "{}",
    }
    return EventRow(**given | fields)


def ledger_row(n: int = 1, **fields: Any) -> LedgerRow:
    given: dict[str, Any] = {
        "id": f"l{n}",
        "at": later(n),
        "person": "ann",
        "project": "api",
        "object": "d1/1",
        "usd": 0.25,
        "billing": Billing.BILLED,
    }
    return LedgerRow(**given | fields)


def button(n: int = 1, **fields: Any) -> Button:
    given: dict[str, Any] = {
        "id": f"token{n}",
        "conversation": "c1",
        "action": ButtonAction.STOP,
        "object": "d1",
        "label": "Stop",
        "created_at": later(n),
    }
    return Button(**given | fields)


def one_of_each() -> tuple[Any, ...]:
    """Every kind of row, with its nested values filled in; parents come first."""
    approval = Approval("Bash", '{"command": "make"}', "/src", "abc", "0f")
    reply = Reply(Verdict.GRANTED, {"Which?": "Left"}, "only this time", "Ann")
    post = Post(
        "**Done** — “quoted” 🎉",
        (Step("1", "build", StepState.DONE),),
        (ButtonView("token1", "Stop", Style.DANGER),),
        (FileView("log.txt", "ab" * 32, 3),),
        "4 s",
        silent=True,
        mention="ann",
    )
    return (
        conversation(hold_until=later(3), project="api", goes_on_with="d1"),
        message(files=(FileRef("f1", "a.txt", 12),), cost_usd=0.0001, reply_to="77"),
        dispatch(steps=(Step("1", "build", StepState.ACTIVE),), notes=("no sandbox",), resume_at=later(9)),
        Session("s1", "claude-code", "api", "d1", "/src", "/home/config", NOON, True, 0.5, '{"a": 1}'),
        Note("n1", "d1", "c1m1", "and also this", NOON),
        question(approval=approval, reply=reply, closed_by="ann", closed_at=later(4), delivered_run=2),
        run(question="q1", max_usd=2.5, max_turns=5, reserved_usd=1.25, lost_usd=0.5, process='{"pid": 1}'),
        event(),
        outbox_row(post=post, dispatch="d1", question="q1"),
        part(message_id="1718.0001", sent_at=later(2)),
        button(outbox="c1o1", expires_at=later(60)),
        Arrival("terminal:1", "c1", NOON),
        ledger_row(
            usd=None,
            model="gpt-5-mini",
            conversation="c1",
            input_tokens=900,
            cached_tokens=400,
            output_tokens=20,
            session="s1",
            reserved_usd=2.0,
            included_in="d1/2",
        ),
        Alert("person:ann:2026-03-14:75", NOON),
        PersonRow("cy", "Cy", Role.USER, "ann", NOON, "terminal", "22:00-07:00", "Europe/Berlin", later(5)),
        AccountRow("terminal:cy", "cy", "terminal", "cy", "ann", NOON),
        Home("slack:T01/U024", "c1", "ann", NOON, "8f3a"),
        Installation("slack:T01", "slack", "T01", "Acme", "UDESK", "gAAAAA", "T01/U024", NOON, later(5)),
        Pairing("K7QMX2PD", "telegram", NOON, later(60), "4711", "c1", None, None, later(5), "ann"),
        Rule("r1", "api", "Bash(pytest *)", "ann", NOON, "ann", later(5)),
        Fetch(
            "d1/1.1.f1",
            "d1",
            "d1/1",
            "http://a.example/x",
            "http://a.example/y",
            NOON,
            200,
            "0f" * 32,
            "Title",
            "Text\nof the page",
            ("http://a.example/z",),
            truncated=True,
            missing=True,
            problem="It was slow.",
        ),
        Finding("d1/1.1.n1", "d1", "d1/1", NOON, "It is so.", "http://a.example/x", "of the page"),
        SessionGrant("d1:0f", "d1", "0f", "q1", "ann", NOON),
        CachedResult("k1", "0f" * 32, "person:ann", "d1", NOON, CacheState.GOOD, later(5)),
        Waiter("w1", "d1", "c1", "m1", "ann", NOON, True),
        Allowance("a1", "person:ann", "2026-03-14", 2.5, "ann", NOON),
        AuditRow("a1", NOON, "ann", "approve", "q1", "once"),
        Blob("ab" * 32, 3, b"\x00\xff\n", NOON),
        Refusal("slack:U9:c1:2026-03-14", NOON),
        ItemList("d1.1", "d1", "reviews.csv", "Is it praise?", '{"header": []}', 2, NOON),
        Item("d1.1.000001", "d1.1", "d1", 1, '["fine"]', ItemState.DONE, 2, "praise"),
        GivenFile("g1", "d1", "reviews.csv", "ab" * 32, 3, NOON),
    )
