"""One answer: asked for, checked against its schema, asked for once more where it does not fit."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import Final

from adapters.specialists.completion import material, schema
from adapters.specialists.completion.asking import Answer, Asking, NoAnswer
from adapters.specialists.completion.session import Session
from adapters.specialists.completion.settings import CompletionSettings
from adapters.specialists.completion.telling import Telling
from bot.errors import Reason
from bot.model.events import End, Finished, Made, Spent, Used
from bot.ports import FINISH, Given, Work

TOOL: Final = "ask"


def pause_s(
    settings: CompletionSettings, tries: int, wanted_s: float | None, chance: Callable[[], float]
) -> float:
    """Before the next try: what the provider wants, else twice as long each time, up to a quarter more."""
    own = settings.pause_s * 2 ** (tries - 1)
    return max(wanted_s or 0.0, min(own, settings.longest_pause_s) * (1 + 0.25 * chance()))


def complaint(text: str, wrong: str) -> str:
    return (
        f"\n\nYour last answer was:\n{text[:4_000]}\n\nIt does not have the form that was asked for: "
        f"{wrong}. Answer again, with JSON of that form and nothing else."
    )


class Answering:
    """One run that asks once, in the session of its dispatch."""

    def __init__(
        self,
        work: Work,
        model: str,
        session: Session,
        asking: Asking,
        settings: CompletionSettings,
        *,
        lost: str,
        results: tuple[Given, ...],
    ) -> None:
        self._work, self._model, self._session = work, model, session
        self._asking, self._settings, self._lost = asking, settings, lost
        self._results = results  # of bulk work that the session did before

    async def work_to_the_end(self, telling: Telling) -> Finished:
        if (known := self._session.answer_of(self._work.run)) is not None:
            return self._finished(telling, known)  # paid for by an attempt that died
        if self._work.prompt == FINISH and self._session.exchanges:
            return self._finished(telling, self._session.exchanges[-1].answer)
        form = schema.schema_in(self._work.prompt, self._work.files)
        words = material.question(self._work, self._session, self._lost, self._results)
        answer = await self._answer(telling, words)
        if form is not None:
            text, wrong = schema.checked(answer.text, form)
            if wrong:
                again = await self._answer(telling, words + complaint(answer.text, wrong))
                text, wrong = schema.checked(again.text, form)
            if wrong:
                said = f"The model {self._model} did not give the form that was asked for: {wrong}."
                raise NoAnswer(said, Reason.PROTOCOL)
            answer = Answer(text, None, 0, 0)
        self._session.answered(self._work.run, self._work.prompt, answer.text)
        return self._finished(telling, answer.text)

    def _finished(self, telling: Telling, text: str) -> Finished:
        if schema.schema_in(self._work.prompt, self._work.files) is None:
            return Finished(End.DONE, text)
        pretty = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
        telling.tell(Made("answer.json", pretty.encode(), "application/json"))
        return Finished(End.DONE, f"```json\n{pretty}\n```")

    async def _answer(self, telling: Telling, words: str) -> Answer:
        """Raises NoAnswer when no try helped."""
        form = schema.schema_in(self._work.prompt, self._work.files)
        told = material.instructions(self._work, form)
        for tries in range(1, self._settings.tries + 1):
            self._insist_on_money()
            title = f"asking {self._model}" if tries == 1 else f"asking {self._model} again ({tries})"
            await telling.stored(Used(TOOL, title))
            try:
                answer = await self._asking.ask(self._model, told, words)
            except NoAnswer as error:
                self._paid(telling, error.usd, 0, 0)
                telling.tell(Used(TOOL, f"{title}: no answer", ok=False))
                wait_s = pause_s(self._settings, tries, error.retry_after_s, random.random)
                if (
                    not error.passes
                    or tries == self._settings.tries
                    or wait_s > self._settings.longest_pause_s
                ):
                    raise
                await asyncio.sleep(wait_s)
            else:
                self._paid(telling, answer.usd, answer.input_tokens, answer.output_tokens)
                telling.tell(Used(TOOL, title, ok=True))
                return answer
        raise AssertionError("the last try returns or raises")

    def _insist_on_money(self) -> None:
        usd, spent = self._work.limits.usd, self._session.usd
        if usd is not None and spent is not None and spent - self._work.session_usd >= usd:
            raise NoAnswer("Its dollar limit is reached, and there is no answer yet.", Reason.BUDGET)

    def _paid(self, telling: Telling, usd: float | None, input_tokens: int, output_tokens: int) -> None:
        self._session.paid(usd)
        spent = None if self._session.usd is None else self._session.usd - self._work.session_usd
        telling.tell(Spent(spent, input_tokens=input_tokens, output_tokens=output_tokens))
