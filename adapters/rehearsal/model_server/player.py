"""Finds the reply to a request in the script, from the request alone.

The script's place in a session is not remembered: it is the number of assistant turns since the last prompt
that a rule knows, corrected for steps that repeat or are left out. That is why sessions may run side by side,
be resumed by another process, or outlive this server.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from adapters.rehearsal.model_server.asked import Asked, Turn
from adapters.rehearsal.model_server.payload import table, text
from adapters.rehearsal.model_server.script import Rule, Script, Step

_NOT_A_PROMPT: Final = (
    r"^\[Request interrupted by user",
    r"^Continue from where you left off",
    r"^<(task-notification|command-|local-command-|bash-)",
    r"^Your previous response failed the application's validation",  # pydantic-ai asks for a repair
)
_SYNTHETIC: Final = ("No response requested.",)
"""Assistant turns that Claude Code writes itself when it resumes an interrupted session."""
_PLACE: Final = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Cue:
    """The step to play, filled in; ``rule`` and ``index`` are None where no rule was found."""

    step: Step
    rule: int | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class _Heard:
    """A prompt that a rule knows, and what happened after it."""

    number: int
    rule: Rule
    names: Mapping[str, str]
    since: tuple[Turn, ...]
    result: str


def cue(script: Script, asked: Asked) -> Cue:
    """The script's reply to this request."""
    heard = _heard(script, asked)
    if heard is None:
        return Cue(_unscripted(script, asked))
    index, result, names = _place(heard)
    steps = heard.rule.steps
    if heard.rule.reply is not None:
        chosen = heard.rule.reply(asked)
    elif index < len(steps):
        chosen = steps[index]
    else:
        chosen = _after_the_last(script, heard.rule)
    known = {**script.values, "result": result, "prompt": asked.prompt, **heard.names, **names}
    if asked.cwd:
        known.setdefault("cwd", asked.cwd)
    return Cue(_filled(chosen, known), heard.number, index)


def _heard(script: Script, asked: Asked) -> _Heard | None:
    """The last prompt that a rule knows; None when a prompt came that none knows."""
    for at in reversed(range(len(asked.turns))):
        turn = asked.turns[at]
        prompts = [said for said in turn.spoken() if turn.role == "user" and not _is_ignored(script, said)]
        for prompt in reversed(prompts):
            if (found := _matching(script, asked, prompt)) is not None:
                number, names = found
                return _Heard(number, script.rules[number], names, asked.turns[at + 1 :], turn.result)
        if prompts and not turn.results:  # beside results an unknown text is a note, not a new prompt
            return None
    return None


def _is_ignored(script: Script, prompt: str) -> bool:
    return any(re.search(pattern, prompt) for pattern in (*_NOT_A_PROMPT, *script.ignore))


def _matching(script: Script, asked: Asked, prompt: str) -> tuple[int, dict[str, str]] | None:
    said = _in_focus(script, prompt)
    for number, rule in enumerate(script.rules):
        match = re.search(rule.when, said, re.IGNORECASE)
        if match and rule.suits(asked):
            everything = f"{asked.system}\n{prompt}"
            found = {name: _last_group(pattern, everything) for name, pattern in rule.find.items()}
            return number, _known({**match.groupdict(), **found})
    return None


def _in_focus(script: Script, prompt: str) -> str:
    return (script.focus and _last_group(script.focus, prompt)) or prompt


def _last_group(pattern: str, prompt: str) -> str | None:
    matches = list(re.finditer(pattern, prompt))
    return matches[-1][1] if matches else None


def _place(heard: _Heard) -> tuple[int, str, dict[str, str]]:
    """The index of the next step, the last results, and what ``only_if``s named in results so far."""
    steps, result = heard.rule.steps, heard.result
    index, names = _skip(steps, 0, result)
    for at, turn in enumerate(heard.since):
        if turn.role == "user" or turn.texts == _SYNTHETIC:
            continue
        result = heard.since[at + 1].result if at + 1 < len(heard.since) else ""
        again = steps[index].repeat_while if index < len(steps) else None
        if again is None or not re.search(again, result):
            index, found = _skip(steps, index + 1, result)
            names |= found
    return index, result, names


def _skip(steps: Sequence[Step], index: int, result: str) -> tuple[int, dict[str, str]]:
    """The first step from ``index`` on whose condition holds."""
    for at in range(index, len(steps)):
        condition = steps[at].only_if
        match = re.search(condition or "", result)
        if match:
            return at, _known(match.groupdict())
    return len(steps), {}


def _known(names: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in names.items() if value is not None}


def _after_the_last(script: Script, rule: Rule) -> Step:
    """A decision is given again (a repair asks twice); work is done."""
    last = rule.steps[-1] if rule.steps else None
    return last if last is not None and last.decide is not None else Step(say=script.done)


def _unscripted(script: Script, asked: Asked) -> Step:
    if asked.kind != "side":
        return Step(say=script.otherwise)
    if asked.schema is not None:
        return Step(decide=_example(asked.schema))
    return Step(say=script.done)


def _example(schema: Mapping[str, object]) -> dict[str, object]:
    """A small object that the schema of a side request accepts."""
    samples: dict[str, object] = {"boolean": False, "integer": 0, "number": 0, "array": [], "object": {}}
    properties = table(schema.get("properties"))
    return {name: samples.get(text(table(one).get("type")), "Rehearsal") for name, one in properties.items()}


def _filled(chosen: Step, known: Mapping[str, str]) -> Step:
    return replace(
        chosen,
        say=_fill_text(chosen.say, known),
        use=tuple(replace(use, input=_fill(use.input, known)) for use in chosen.use),
        decide=None if chosen.decide is None else _fill(chosen.decide, known),
    )


def _fill_text(template: str, known: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: known.get(place[1], place[0]), template)


def _fill(values: Mapping[str, object], known: Mapping[str, str]) -> dict[str, object]:
    return {name: _fill_any(value, known) for name, value in values.items()}


def _fill_any(value: object, known: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return _fill_text(value, known)
    if isinstance(value, dict):
        return _fill(table(cast("object", value)), known)
    if isinstance(value, list | tuple):
        return [_fill_any(one, known) for one in cast("Sequence[object]", value)]
    return value
