"""How a run begins. What the transcript says decides: a house that died may know less than it does."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.rehearsal.scripted_specialist.play import Play
from adapters.rehearsal.scripted_specialist.transcript import Transcript
from bot.model.questions import QuestionKind, Reply, Verdict
from bot.ports import Work

INTERRUPTED: Final = "You were interrupted; check what is already done before repeating anything."
LOST: Final = "The earlier session was lost; this one starts from a summary."

GRANTED: Final = "granted"
_GIVEN_AGAIN: Final = re.compile(r"You were interrupted\.[^\n]*\n\nTo your question “.*", re.DOTALL)
"""How the house tells an answer whose run died."""
_GIVEN_IN_WORDS: Final = re.compile(r"“(?P<question>.*)”, .* answered: (?P<words>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Opening:
    session: str
    transcript: Transcript
    note: str = ""


def transcript_path(config_dir: str, session: str) -> Path:
    return Path(config_dir, "sessions", f"{uuid.UUID(session)}.jsonl")


def open_session(work: Work, play: Play) -> Opening:
    """Take up the session, or begin one, and tell it what this run is for."""
    found = Transcript.read(transcript_path(work.config_dir, work.session))
    if found is not None:
        _tell(work, play, found)
        return Opening(work.session, found)
    if not work.resume:
        fresh = Transcript(transcript_path(work.config_dir, work.session))
        _tell(work, play, fresh)
        return Opening(work.session, fresh)
    session = str(uuid.uuid4())
    anew = Transcript(transcript_path(work.config_dir, session))
    words = "\n\n".join(filter(None, [work.summary, _reply_in_words(work), work.prompt]))
    anew.append("told", run=work.run, text=work.prompt)
    _begin_scene(play, anew, words)
    return Opening(session, anew, LOST)


def _tell(work: Work, play: Play, transcript: Transcript) -> None:
    before = transcript.state.told.get(work.run)
    if before is not None:
        transcript.append("interrupted", run=work.run, text=INTERRUPTED)
    _take_reply(work, transcript)
    words = work.prompt.removeprefix(before).strip() if before else work.prompt
    if before is not None and transcript.state.over:  # it had said all but was not heard: the answer is old
        words = _GIVEN_AGAIN.sub("", words).strip()
    if words:
        _take_words(play, transcript, words)
    if words or before is None:  # last, so that an opening that was cut off is told again
        transcript.append("told", run=work.run, text=work.prompt)


def _take_reply(work: Work, transcript: Transcript) -> None:
    """The answer to what waits; for anything else it is only words, and nothing waits for them."""
    if work.reply is None:
        return
    question, reply = work.reply
    bound = question.approval.hash if question.approval else ""
    meant = reply.verdict is not Verdict.GRANTED or reply.allows(bound)
    if meant and transcript.state.waiting == question.request and transcript.state.binds == bound:
        transcript.append("answered", request=question.request, text=words_of(question.kind, reply))
    else:
        transcript.append("reply in words", text=_reply_in_words(work))


def _reply_in_words(work: Work) -> str:
    if work.reply is None:
        return ""
    question, reply = work.reply
    words = words_of(question.kind, reply)
    return f"To your question “{question.text}”, {reply.by} answered: {words}"


def words_of(kind: QuestionKind, reply: Reply) -> str:
    """An answer as the play sees it."""
    if kind is QuestionKind.QUESTION:
        return reply.text or "; ".join(reply.answers.values())
    return GRANTED if reply.verdict is Verdict.GRANTED else f"denied: {reply.text}"


def _take_words(play: Play, transcript: Transcript, words: str) -> None:
    """A prompt: it answers what waits, goes on with the scene it belongs to, or begins another."""
    state = transcript.state
    rule = play.rule_for(words)
    if state.waiting is not None and rule in (None, state.rule):
        _answer_in_words(transcript, state.waiting, words)
    elif state.over or rule not in (None, state.rule):
        _begin_scene(play, transcript, words)


def _answer_in_words(transcript: Transcript, request: str, words: str) -> None:
    """Words answer a question; a call is never allowed by them."""
    if not transcript.state.binds:
        given = _GIVEN_IN_WORDS.search(words)
        transcript.append("answered", request=request, text=given["words"].strip() if given else words)
    elif "ask again" in words:
        transcript.append("asks anew")
    else:
        transcript.append("answered", request=request, text=f"denied: {words}")


def _begin_scene(play: Play, transcript: Transcript, words: str) -> None:
    transcript.append("scene", rule=play.rule_for(words), prompt=words)
