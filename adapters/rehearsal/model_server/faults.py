"""Which fault a request meets: those ordered by hand first, then the step's, then the script's."""

from collections import Counter

from adapters.rehearsal.model_server.player import Cue
from adapters.rehearsal.model_server.script import Fault, Script


class Faults:
    """Counts how often each fault was met; all else about them is in the script."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._ordered: list[Fault] = []
        self._met: Counter[tuple[int | None, int | None]] = Counter()

    def order(self, fault: Fault, times: int) -> None:
        self._ordered += [fault] * times

    def next(self, cue: Cue, model: str) -> Fault | None:
        for at, fault in enumerate(self._ordered):
            if fault.model in model:
                return self._ordered.pop(at)
        of_the_script = [((None, at), fault) for at, fault in enumerate(self._script.faults)]
        candidates = [((cue.rule, cue.index), cue.step.fault), *of_the_script]
        for key, fault in candidates:
            if fault is not None and fault.model in model and self._is_left(key, fault):
                self._met[key] += 1
                return fault
        return None

    def _is_left(self, key: tuple[int | None, int | None], fault: Fault) -> bool:
        return fault.times is None or self._met[key] < fault.times
