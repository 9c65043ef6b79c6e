"""What people read when they ask: the state of work, of sessions, and where their words would go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.model.dispatches import Dispatch
from bot.model.questions import Question
from bot.reports import card_footer, money, status_words


def status_list(
    dispatches: list[Dispatch], questions: list[Question], now: datetime, places: Mapping[str, str]
) -> str:
    """The state of work in a few lines; ``places``: of what speaks elsewhere, by its id."""
    if not dispatches:
        return "Nothing has been dispatched here yet."
    lines = [
        f"- **{item.id}** {item.title} — {status_words(item)} · {card_footer(item, now)}"
        + (f" · in {places[item.id]}" if item.id in places else "")
        for item in dispatches
    ]
    lines.extend(f"- **{item.id}** is open: {item.text[:120]}" for item in questions)
    return "\n".join(lines)


def more_elsewhere(count: int) -> str:
    """Where others read, a person's other work is not listed."""
    return f"You have {count} more elsewhere; ask me in private."


def usage_list(dispatches: list[Dispatch]) -> str:
    """How full each session is, and what it has cost."""
    return "\n".join(
        f"- **{item.id}** {item.title} — "
        + ("context unknown" if item.context_used is None else f"context {item.context_used:.0%}")
        + f" · {money(item.cost_usd + item.running_usd)} in {item.runs} run{'s' if item.runs > 1 else ''}"
        for item in dispatches
    )


def examples(projects: Sequence[str]) -> tuple[str, str, str]:
    """Words to begin with; ``projects``: one that is not the usual one, if there is one."""
    at = f"@{projects[0]} " if projects else ""
    return "fix the failing test", f"{at}how does the retry work? change nothing", "status"


def welcome(
    name: str, *, project: str | None, works: str, others: Sequence[str], secretary: str, left: str
) -> str:
    """To somebody who has asked for nothing yet."""
    lines = [f"Hello {name}. Write what you want done, in your own words."]
    if project:
        lines.append(
            f"The project here is **{project}** ({works}). The secretary is {secretary}. {left} is left."
        )
    elif others:
        lines.append(f"Your projects are {', '.join(others)}; `/use {others[0]}` makes one the default here.")
    else:
        lines.append("There is no project you may work in. An admin adds one with `frontdesk projects add`.")
    if project and others:
        lines.append(f"You can also use {', '.join(others)}.")
    first, second, last = examples(others)
    lines.append(f"For example:\n- “{first}”\n- “{second}”\n- `{last}`, and `help` for the rest")
    return "\n\n".join(lines)
