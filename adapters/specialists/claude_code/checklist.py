"""Claude Code's checklist as steps: folded from TaskCreate and TaskUpdate, or TodoWrite in older models."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field, replace
from typing import Final

from adapters.specialists.claude_code.payload import Payload, items, table, text
from bot.model.dispatches import Step, StepState

TOOLS: Final = frozenset({"TaskCreate", "TaskUpdate", "TaskList", "TaskGet", "TodoWrite"})
_STATES: Final = {
    "pending": StepState.OPEN,
    "in_progress": StepState.ACTIVE,
    "completed": StepState.DONE,
    "failed": StepState.FAILED,
}


@dataclass(slots=True)
class Checklist:
    """``known``: the steps of earlier runs, whose words a resumed session does not repeat."""

    known: InitVar[tuple[Step, ...]] = ()
    _steps: dict[str, Step] = field(default_factory=dict[str, Step])

    def __post_init__(self, known: tuple[Step, ...]) -> None:
        self._steps = {step.id: step for step in known}

    def record(self, tool: str, given: Payload, result: Payload) -> tuple[Step, ...] | None:
        """The checklist after a tool's result; None when it says nothing new."""
        before = dict(self._steps)
        match tool:
            case "TaskCreate":
                self._created(table(result.get("task")))
            case "TaskUpdate":
                self._updated(given, result)
            case "TaskList":
                self._listed(result)
            case "TodoWrite":
                self._written(given)
            case _:
                return None
        return tuple(self._steps.values()) if self._steps != before else None

    def _created(self, task: Payload) -> None:
        if id := text(task.get("id")):
            self._steps[id] = Step(id, text(task.get("subject")))

    def _updated(self, given: Payload, result: Payload) -> None:
        id = text(result.get("taskId")) or text(given.get("taskId"))
        status = text(table(result.get("statusChange")).get("to")) or text(given.get("status"))
        if status == "deleted":
            self._steps.pop(id, None)
            return
        known = self._steps.get(id, Step(id, text(given.get("subject")) or f"Step {id}"))
        words = text(given.get("subject")) or known.text
        self._steps[id] = replace(known, text=words, state=_STATES.get(status, known.state))

    def _listed(self, result: Payload) -> None:
        """A resumed session lists what earlier runs created."""
        for task in map(table, items(result.get("tasks"))):
            if id := text(task.get("id")):
                state = _STATES.get(text(task.get("status")), StepState.OPEN)
                self._steps[id] = Step(id, text(task.get("subject")), state)

    def _written(self, given: Payload) -> None:
        todos = [table(todo) for todo in items(given.get("todos"))]
        self._steps = {
            str(n): Step(
                str(n), text(todo.get("content")), _STATES.get(text(todo.get("status")), StepState.OPEN)
            )
            for n, todo in enumerate(todos, 1)
        }
