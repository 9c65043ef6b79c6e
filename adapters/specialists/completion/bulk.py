"""One task over many items: several are asked about at once, each only after that it is sent was stored.

::

    waiting ─▶ workers ─▶ progress: sent ──stored──▶ model ──▶ progress: result or error ──stored──▶ next
                                 (what several workers tell meanwhile becomes one event)

What ends it early leaves every finished item as it is: money, time, a provider that asks to wait, a person.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Iterable
from typing import Final

from adapters.specialists.completion import lists, material, schema
from adapters.specialists.completion.answering import complaint, pause_s
from adapters.specialists.completion.asking import Answer, Asking, NoAnswer
from adapters.specialists.completion.lists import Shape
from adapters.specialists.completion.progress import Progress
from adapters.specialists.completion.session import Session
from adapters.specialists.completion.settings import CompletionSettings
from adapters.specialists.completion.telling import Telling
from bot.errors import Reason
from bot.model.dispatches import ParkReason
from bot.model.events import End, Finished, Made, Parked
from bot.model.items import Item, ItemState
from bot.ports import FINISH, Work


class Bulk:
    def __init__(
        self,
        work: Work,
        task: str,
        shape: Shape,
        name: str,
        items: Iterable[Item],
        *,
        model: str,
        session: Session,
        asking: Asking,
        settings: CompletionSettings,
    ) -> None:
        self._work, self._task, self._shape, self._name = work, task, shape, name
        self._model, self._session, self._asking, self._settings = model, session, asking, settings
        self._form = schema.schema_in(task, work.files)
        self._told = material.instructions(work, self._form)
        self._progress = Progress(items, self._spent)
        self._halt: Parked | Finished | None = None  # why no more items are begun
        self._halted = asyncio.Event()
        self._busy = 0
        self._moved = asyncio.Condition()
        self._wait_until = 0.0  # by the loop's clock: the provider asked for it

    async def work_to_the_end(self, telling: Telling) -> Finished | Parked:
        self._count_what_died()
        left = deque([] if self._work.prompt == FINISH else self._progress.unfinished())
        flushing = asyncio.create_task(self._progress.keep_telling(telling), name=f"items.{self._work.run}")
        workers = [
            asyncio.create_task(self._take(left), name=f"item.{self._work.run}")
            for _ in range(min(self._settings.at_once, len(left)))
        ]
        try:
            if workers:
                await asyncio.gather(*workers)
            await self._progress.all_told()
        finally:
            for task in (*workers, flushing):
                task.cancel()
            await asyncio.gather(*workers, flushing, return_exceptions=True)
        return self._end(telling)

    def _count_what_died(self) -> None:
        """What was under way when an attempt was killed may have been charged; nobody has seen the bill."""
        if self._work.attempt > 1:
            for item in self._progress.items():
                if item.state is ItemState.SENT:
                    self._session.paid(None)

    def halt(self, why: Parked | Finished) -> None:
        """Begin no more items; those under way are finished."""
        self._halt = self._halt or why
        self._halted.set()

    async def _take(self, left: deque[int]) -> None:
        while left and await self._may_begin():
            try:
                if left:  # others may have taken the last one meanwhile
                    await self._item(left.popleft())
            finally:
                async with self._moved:
                    self._busy -= 1
                    self._moved.notify_all()

    async def _may_begin(self) -> bool:
        """Waits where one more might pass the limit in dollars; True counts it as begun."""
        async with self._moved:
            while self._halt is None and not self._fits():
                if self._busy == 0:
                    self.halt(Parked(ParkReason.BUDGET))
                else:
                    await self._moved.wait()
            if self._halt is None:
                self._busy += 1
            return self._halt is None

    def _fits(self) -> bool:
        """At the price of the dearest request so far; the first one of all is tried alone."""
        usd, spent = self._work.limits.usd, self._spent()
        if usd is None or spent is None:
            return True
        if self._session.dearest is None:
            return self._busy == 0 and spent < usd
        return spent + (self._busy + 1) * self._session.dearest <= usd

    def _spent(self) -> float | None:
        return None if self._session.usd is None else self._session.usd - self._work.session_usd

    async def _item(self, n: int) -> None:
        """Ask until there is a result or an error, or until nothing more may be begun."""
        words, wrong = self._words(n), ""
        for tries in range(1, self._settings.tries + 1):
            await self._until_wanted()
            if self._halt is not None:
                return
            await self._progress.sent(n)
            try:
                answer = await self._asking.ask(self._model, self._told, words)
            except NoAnswer as error:
                self._session.paid(error.usd)
                if not await self._goes_on_after(n, error, tries):
                    return
                continue
            self._session.paid(answer.usd)
            text, wrong = self._checked(answer)
            if not wrong:
                await self._progress.ended(n, text, ok=True)
                return
            words = self._words(n) + complaint(answer.text, wrong)
            if tries > 1:
                break
        await self._progress.ended(
            n, f"The answer does not have the form that was asked for: {wrong}.", ok=False
        )

    async def _goes_on_after(self, n: int, error: NoAnswer, tries: int) -> bool:
        """Whether the item is asked about again; if not, its error is told, or everything ends."""
        if error.stops_all:
            self.halt(Finished(End.FAILED, reason=error.reason, detail=str(error)))
            return False
        wait_s = pause_s(self._settings, tries, error.retry_after_s, random.random)
        if error.reason is Reason.RATE_LIMIT:
            self._wait_until = max(self._wait_until, asyncio.get_running_loop().time() + wait_s)
            if wait_s > self._settings.longest_pause_s:
                self.halt(Parked(ParkReason.RATE_LIMIT, text=str(error)))
                return False
        if error.passes and tries < self._settings.tries:
            await self._pause(wait_s)
            return True
        await self._progress.ended(n, str(error), ok=False)
        return False

    async def _until_wanted(self) -> None:
        """A provider that asks one to wait asks all."""
        while (wait_s := self._wait_until - asyncio.get_running_loop().time()) > 0 and self._halt is None:
            await self._pause(wait_s)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._halted.wait()

    def _words(self, n: int) -> str:
        text = lists.in_words(self._shape, self._progress.text_of(n))
        files = [file for file in self._work.files if file.name != self._name]
        fence = material.fence_of(self._work)
        item = material.marked("item", str(n), text, fence)
        return "\n\n".join(filter(None, (self._task, material.files_in_words(files, fence), ONE, item)))

    def _checked(self, answer: Answer) -> tuple[str, str]:
        return (answer.text, "") if self._form is None else schema.checked(answer.text, self._form)

    def _end(self, telling: Telling) -> Finished | Parked:
        items = self._progress.items()
        left = len(self._progress.unfinished())
        if self._halt is not None and left:
            return self._early(self._halt, left)
        data = lists.written(self._shape, items)
        telling.tell(
            Made(lists.written_name(self._name, self._shape), data, MEDIA.get(self._shape.kind, "text/plain"))
        )
        return Finished(End.DONE, self._progress.report(self._name))

    def _early(self, why: Parked | Finished, left: int) -> Finished | Parked:
        so_far = f"{self._progress.report(self._name)}\n\n{left:,} are left; what is finished is kept"
        match why:
            case Parked(reason=ParkReason.BUDGET):
                return Parked(why.reason, text=f"Its dollar limit would be passed. {so_far}.")
            case Parked():
                return Parked(why.reason, text=f"{why.text} {so_far}.", resume_at=why.resume_at)
            case Finished(end=End.STOPPED):
                return Finished(
                    End.STOPPED,
                    text=f"{so_far}, and your next reply goes on with the rest.",
                    detail=why.detail,
                )
            case _:
                return Finished(why.end, text=so_far, reason=why.reason, detail=why.detail)


ONE: Final = "That is to be done with this one item:"
MEDIA: Final = {"csv": "text/csv", "jsonl": "application/jsonl", "text": "text/tab-separated-values"}
