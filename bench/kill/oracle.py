"""What the journal, the rows and the files say afterwards; every sentence is one failure.

lost        somebody did not get what they were promised
doubled     people saw something twice, or something was decided, paid, answered, run or written twice
misordered  posts of one conversation not in the order of their promises, or treated in another order than
            they were written
orphans     a process that works on without its house
unbalanced  money was spent that is not in the books, or is there twice, or was never freed
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bench.kill import clockwork
from bench.kill.books import left_reserved, unbalanced
from bench.kill.evidence import Evidence
from bench.kill.people import Wish
from bench.kill.stage import DONE
from bot.model.conversations import MessageState
from bot.model.dispatches import RunState, Status
from bot.model.posts import OutboxState, PostKind
from bot.model.questions import QuestionState
from bot.turns import SECRETARY


@dataclass
class Verdict:
    messages: int = 0  # that people wrote
    lost: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    posted_again: list[str] = field(default_factory=list[str])  # under the same key
    misordered: list[str] = field(default_factory=list[str])
    orphans: list[str] = field(default_factory=list[str])
    unbalanced: list[str] = field(default_factory=list[str])

    def add(self, other: Verdict) -> None:
        self.messages += other.messages
        for name in ("lost", "doubled", "posted_again", "misordered", "orphans", "unbalanced"):
            getattr(self, name).extend(getattr(other, name))

    def failures(self, *, lookup: bool) -> list[str]:
        """What must not be; a platform without look-up cannot know whether a post arrived."""
        kinds = (
            "lost",
            "doubled",
            "misordered",
            "orphans",
            "unbalanced",
            *(["posted_again"] if lookup else []),
        )
        return [f"{kind}: {line}" for kind in kinds for line in getattr(self, kind)]


def judge(evidence: Evidence) -> Verdict:
    return Verdict(
        messages=len(evidence.records("event")),
        lost=[
            *_unanswered(evidence),
            *unfinished(evidence),
            *unsent(evidence),
            *_out_of_date(evidence),
            *clockwork.lost(evidence),
        ],
        doubled=[
            *_said_twice(evidence),
            *_decided_twice(evidence),
            *_run_twice(evidence),
            *_written(evidence),
            *clockwork.doubled(evidence),
        ],
        posted_again=[
            f"{key} was posted {times} times"
            for key, times in Counter(record["key"] for record in evidence.posted).items()
            if times > 1
        ],
        misordered=[*posts_out_of_order(evidence), *_turns_out_of_order(evidence)],
        unbalanced=[
            *unbalanced(evidence.spent, evidence.sessions, evidence.runs, evidence.ledger),
            *left_reserved(evidence.runs, evidence.ledger),
        ],
    )


# ── lost ─────────────────────────────────────────────────────────────────────────────────────────────────


def _promises(wish: Wish) -> Iterator[tuple[PostKind, str]]:
    """What people must see for a message of theirs, once."""
    if wish.kind == "chat":
        yield PostKind.REPLY, f"heard {wish.tag}"
        return
    if wish.kind != "more":
        yield PostKind.REPLY, f"on it {wish.tag}"
    yield PostKind.RESULT, f"finished {wish.tag}"


def _keys_with(evidence: Evidence, kind: PostKind, words: str) -> set[str]:
    pattern = re.compile(rf"\b{words}\b")
    return {
        key
        for key, row in evidence.row_of.items()
        if row.kind is kind and row.edits is None and pattern.search(row.post.markdown)
    }


def _unanswered(evidence: Evidence) -> Iterator[str]:
    seen = {record["key"] for record in evidence.posted}
    acknowledged = {record["key"] for record in evidence.records("acknowledged")}
    for event in evidence.records("event"):
        if event["key"] not in acknowledged:
            yield f"the event {event['key']} was never acknowledged"
    for wish in evidence.wishes:
        for kind, words in _promises(wish):
            if not _keys_with(evidence, kind, words) & seen and not _replied_to_a_double(evidence, wish):
                yield f"nobody saw “{words}” ({wish.kind} {wish.tag} in {wish.where})"


def _replied_to_a_double(evidence: Evidence, wish: Wish) -> bool:
    """Without look-up the house cannot know what such a reply is about, and says so."""
    heard = _keys_with(evidence, PostKind.REPLY, f"heard {wish.tag}")
    return wish.kind == "more" and not evidence.lookup and bool(heard)


def unfinished(evidence: Evidence) -> Iterator[str]:
    yield from (f"message {m.id} is {m.state}" for m in evidence.messages if m.state is not MessageState.DONE)
    yield from (f"{d.id} is {d.status}" for d in evidence.dispatches if d.status is not Status.DONE)
    over = (RunState.FINISHED, RunState.PARKED)
    yield from (f"run {run.id} is {run.state}" for run in evidence.runs if run.state not in over)
    yield from (
        f"{q.id} is {q.state}, delivered {q.delivered_run}"
        for q in evidence.questions
        if q.state is not QuestionState.ANSWERED or q.delivered_run is None
    )


def unsent(evidence: Evidence) -> Iterator[str]:
    seen = {record["key"] for record in evidence.posted}
    for row in evidence.outbox:
        if row.state is not OutboxState.SENT:
            yield f"the {row.kind} {row.id} is {row.state}"
    for key in evidence.row_of:
        if key not in seen:
            yield f"{key} counts as sent and was never posted"


def _out_of_date(evidence: Evidence) -> Iterator[str]:
    """Cards that do not show the end, and closed questions with buttons: of the copy that the house knows."""
    known = evidence.row_of
    unknown = {record["key"] for record in evidence.posted} - known.keys()
    yield from (f"{key} was posted and is nobody's promise" for key in unknown)
    for part in evidence.parts:
        row, shown = known[part.key], evidence.final.get(part.message_id or "")
        if shown is None or row.edits is not None:
            continue
        if row.kind is PostKind.CARD and "— done" not in shown["text"]:
            yield f"the card of {row.dispatch} still says {shown['text'].splitlines()[0]!r}"
        if row.kind is PostKind.QUESTION and shown["buttons"]:
            yield f"{row.question} is closed and still shows its buttons"


# ── doubled ──────────────────────────────────────────────────────────────────────────────────────────────


def _said_twice(evidence: Evidence) -> Iterator[str]:
    """The same thing promised twice; the same promise kept twice is ``posted_again``."""
    for wish in evidence.wishes:
        for kind, words in _promises(wish):
            if len(_keys_with(evidence, kind, words)) > 1:
                yield f"“{words}” was promised more than once"
    once = (PostKind.QUESTION, PostKind.CARD)
    rows = [row for row in evidence.outbox if row.kind in once and row.edits is None]
    for about, times in Counter((row.kind, row.question or row.dispatch) for row in rows).items():
        if times > 1:
            yield f"there are {times} posts of {about}"


def _decided_twice(evidence: Evidence) -> Iterator[str]:
    charged = {row.object: row for row in evidence.ledger if row.project == SECRETARY}
    for about, times in Counter(row.object for row in evidence.ledger).items():
        if times > 1:
            yield f"{about} was paid {times} times"
    for asked in evidence.paid:
        stored = charged.get(asked["message"])
        if stored is not None and asked["at"] > stored.at.timestamp():
            yield f"message {asked['message']} was decided again although its decision was stored"


def _run_twice(evidence: Evidence) -> Iterator[str]:
    for wish in evidence.wishes:
        message = evidence.message_of.get(wish.key)
        started = len(evidence.dispatch_of.get(message.id, ())) if message else 0
        if started != (wish.kind in DONE and wish.kind != "more"):
            yield f"{wish.kind} {wish.tag} led to {started} dispatches"
    for dispatch, sessions in Counter(session.dispatch for session in evidence.sessions).items():
        if sessions > 1:
            yield f"{dispatch} has {sessions} sessions"
    for transcript in evidence.transcripts:
        yield from _played_twice(transcript)


def _played_twice(transcript: Sequence[dict[str, str]]) -> Iterator[str]:
    """An interruption, or the end of a wait without a process, repeats at most the one step it met."""
    counted = {
        kind: Counter(entry[name] for entry in transcript if entry["kind"] == kind)
        for kind, name in (("answered", "request"), ("done", "step"), ("begun", "step"), ("told", "run"))
    }
    for kind in ("answered", "done"):
        yield from (f"{key} was {kind} {n} times" for key, n in counted[kind].items() if n > 1)
    kinds = Counter(entry["kind"] for entry in transcript)
    begun_again = sum(counted["begun"].values()) - len(counted["begun"]) + kinds["ended"] - kinds["scene"]
    if begun_again > kinds["interrupted"] + len(counted["told"]) - 1:
        yield f"steps began again {begun_again} times in {kinds['interrupted']} interruptions"


def _written(evidence: Evidence) -> Iterator[str]:
    for wish in evidence.wishes:
        if wish.kind in DONE and (lines := evidence.logs[wish.tag]):
            wanted = "\n".join(DONE[wish.kind])
            if not re.fullmatch(wanted, "\n".join(lines)):
                yield f"{wish.kind} {wish.tag} wrote {lines}"


# ── misordered ───────────────────────────────────────────────────────────────────────────────────────────


def posts_out_of_order(evidence: Evidence) -> Iterator[str]:
    newest: dict[str, int] = {}
    known: set[str] = set()
    for record in evidence.posted:
        row = evidence.row_of.get(record["key"])
        if row is None or record["key"] in known:
            continue
        known.add(record["key"])
        if row.seq < newest.get(row.conversation, 0):
            yield f"post {row.seq} of {record['where']} was shown after {newest[row.conversation]}"
        newest[row.conversation] = max(row.seq, newest.get(row.conversation, 0))


def _turns_out_of_order(evidence: Evidence) -> Iterator[str]:
    """Messages take their numbers as they were written, and are replied to in that order."""
    replies = {
        wish.key: row.seq
        for wish in evidence.wishes
        for kind, words in _promises(wish)
        if kind is PostKind.REPLY
        for key in _keys_with(evidence, kind, words)
        if (row := evidence.row_of[key])
    }
    numbers = {key: message.seq for key, message in evidence.message_of.items()}
    for name, places in (("accepted", numbers), ("answered", replies)):
        newest: dict[str, int] = {}
        for event in evidence.records("event"):
            where, seq = event["where"]["key"], places.get(event["key"])
            if seq is not None and seq < newest.get(where, 0):
                yield f"{event['key']} in {where} was {name} after a later one"
            newest[where] = max(seq or 0, newest.get(where, 0))
