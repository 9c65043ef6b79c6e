"""What others wrote is not before the model that decides: it reads a person's words, and rows made by code.

A model that obeys whatever it reads must find nothing to obey. So results, forwarded words, names of files
and display names are told of and not shown; whoever asks about a result goes on with its work, or gets it
told by a call that has no actions. Only an open question has to be read, because a message may answer it:
while one is open a model starts new work by a button.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePath

from bot.brief import Brief, Line, OurPost
from bot.model.conversations import FileRef, Message, Origin
from bot.model.dispatches import Dispatch

_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")


def own_words(brief: Brief) -> Brief:
    """The brief as the deciding model reads it; the form that it fills in is made from the other one."""
    message = replace(
        brief.message, sender=brief.person.name, files=tuple(map(_file, range(1, 99), brief.message.files))
    )
    return replace(
        brief,
        message=message,
        dispatches=tuple(map(_dispatch, brief.dispatches)),
        history=tuple(map(line, brief.history)),
    )


def line(said: Line) -> Line:
    """One line of the past."""
    match said:
        case OurPost(untrusted=True):
            words = f"({len(said.text)} characters about {said.dispatch or 'work'}, not shown to you)"
            return replace(said, text=words, untrusted=False)
        case OurPost():
            return said
        case Message():
            own = said.origin is Origin.PERSON
            text = said.text if own else f"(forwarded: {len(said.text)} characters, not shown to you)"
            return replace(said, sender=said.person or "somebody", text=text, origin=Origin.PERSON)


def still_shown(brief: Brief) -> bool:
    """Whether a specialist's own words are before the model all the same."""
    return any(question.asks for question in brief.questions)


def _dispatch(dispatch: Dispatch) -> Dispatch:
    result = f"(a result of {len(dispatch.result)} characters, not shown to you)" if dispatch.result else ""
    return replace(dispatch, activity="", result=result)


def _file(number: int, file: FileRef) -> FileRef:
    ending = PurePath(file.name).suffix
    return replace(file, name=f"file {number}{ending if _ENDING.fullmatch(ending) else ''}")
