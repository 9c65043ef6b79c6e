"""What a run shows of itself on its card: three steps, with figures that people can follow."""

from __future__ import annotations

from collections.abc import Callable

from bot.model.dispatches import Step, StepState
from bot.model.events import Event, Planned


class Progress:
    """``tell`` hears of each change once."""

    def __init__(self, tell: Callable[[Event], None], *, pages: int = 0) -> None:
        self._tell = tell
        self._searching, self._searches = "", 0
        self._asked = self._read = pages  # those of earlier runs are read already
        self._writing = StepState.OPEN
        self._shown: tuple[Step, ...] = ()

    def begins_search(self, words: str) -> None:
        self._searching, self._searches = words, self._searches + 1
        self._show()

    def ends_search(self) -> None:
        self._searching = ""
        self._show()

    def asks_for_page(self) -> None:
        self._asked += 1
        self._show()

    def has_page(self) -> None:
        self._read += 1
        self._show()

    def checks(self) -> None:
        self._writing = StepState.ACTIVE
        self._show()

    def is_done(self) -> None:
        self._writing = StepState.DONE
        self._show()

    def _show(self) -> None:
        steps = (self._search(), self._reading(), Step("check", "check each statement", self._writing))
        if steps != self._shown:
            self._shown = steps
            self._tell(Planned(steps))

    def _search(self) -> Step:
        if self._searching:
            return Step("search", f"searching “{self._searching}”", StepState.ACTIVE)
        times = "once" if self._searches == 1 else f"{self._searches} times"
        return Step("search", f"searched {times}" if self._searches else "search", self._done(self._searches))

    def _reading(self) -> Step:
        if not self._asked:
            return Step("read", "read pages")
        state = StepState.ACTIVE if self._read < self._asked else StepState.DONE
        return Step("read", f"read {self._read} of {self._asked} pages", state)

    def _done(self, count: int) -> StepState:
        return StepState.DONE if count or self._writing is not StepState.OPEN else StepState.OPEN
