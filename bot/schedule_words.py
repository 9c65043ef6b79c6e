"""What people read about schedules: what is about to be saved, lists, pauses, and how a digest is worded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot import when
from bot.model.schedules import Plan, Schedule, ScheduleState, Scope, Timetable, What

UNKNOWN_PRICE: Final = "unknown"

_SCOPES: Final = {
    Scope.ME: "your own work",
    Scope.CHANNEL: "the work of this channel",
    Scope.HOUSE: "the whole house",
}


def proposal(plan: Plan, runs: Sequence[datetime], price: str, place: str) -> str:
    """Everything that a press would save."""
    lines = [
        f"**{title(plan)}** — {when.in_words(plan.recurrence)}, {plan.timezone}",
        f"- next: {'; '.join(when.moment_words(at, plan.timezone) for at in runs) or 'never'}",
        f"- posts in {place}" + (", only what is new" if plan.what is What.WATCH else ""),
    ]
    if plan.prompt:
        lines.insert(1, f"- in {plan.project}: {plan.prompt}")
    lines.extend(f"- {line}" for line in money_lines(plan, price))
    if plan.until is not None:
        lines.append(f"- until {when.moment_words(plan.until, plan.timezone)}")
    return "\n".join(lines) + "\n\nNothing is saved yet. Shall I?"


def money_lines(plan: Plan, price: str) -> list[str]:
    if plan.what is What.DIGEST:
        return ["costs nothing: it is made from rows, without a model"]
    caps = [f"at most ${plan.max_usd:.2f}"] if plan.max_usd is not None else []
    caps += [f"${plan.month_usd:.2f} a month at most"] if plan.month_usd is not None else []
    return [f"price of one run: {', '.join((price, *caps))}"]


def title(plan: Plan) -> str:
    return f"Digest of {_SCOPES[plan.scope]}" if plan.what is What.DIGEST else plan.title


def line(shown: Timetable) -> str:
    """One schedule in a list."""
    item = shown.schedule
    at = when.moment_words(item.next_at, item.plan.timezone) if item.next_at else "no next run"
    state = f"paused: {item.why}" if item.state is ScheduleState.PAUSED else f"next {at}"
    return f"- **{item.id}** {title(item.plan)} — {shown.when}, {state} · in {shown.place}"


def created(item: Schedule) -> str:
    at = when.moment_words(item.next_at, item.plan.timezone) if item.next_at else "never"
    return f"{item.id} is saved: {when.in_words(item.plan.recurrence)}. It runs first on {at}."


def rests(item: Schedule) -> str:
    at = when.moment_words(item.next_at, item.plan.timezone) if item.next_at else "never"
    return f"{item.id} leaves out its next run; it runs again on {at}."


def paused(item: Schedule) -> str:
    return f"**{item.id}** · {title(item.plan)} — paused. {item.why}"


def retimed(item: Schedule) -> str:
    at = when.moment_words(item.next_at, item.plan.timezone) if item.next_at else "never"
    return f"{item.id} runs {when.in_words(item.plan.recurrence)} from now on, next on {at}."


def no_time(text: str) -> str:
    return (
        f"I find no time in “{text[:80]}”. Write for example “every weekday at 9”, “every 2 hours”, "
        "“tomorrow at 14:30” or a cron line such as `0 9 * * 1-5`."
    )


def silence(item: Schedule, days: int) -> str:
    """Said once."""
    return f"**{item.id}** · {title(item.plan)} — nothing new for {days} days. It goes on looking."


def over_budget(item: Schedule, usd: float) -> str:
    return (
        f"**{item.id}** · {title(item.plan)} — did not run: its budget of ${usd:.2f} a month is used up. "
        "It goes on next month."
    )
