"""Every sentence that people read about work, written by code: cards, results, questions, failures."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot import shown, tool_rules
from bot.errors import Reason
from bot.model.dispatches import LIVE, Billing, Dispatch, ParkReason, Run, Status, Step, StepState
from bot.model.people import Pairing
from bot.model.posts import ButtonView, OutboxRow, Post, PostKind
from bot.model.questions import Approval, Option, Question, QuestionKind, QuestionState, Reply, Verdict
from bot.redact import MASK

REMEDIES: Final[dict[str, str]] = {
    Reason.TIMEOUT: "It ran out of time; its session is kept. [Continue] goes on where it was.",
    Reason.PERMISSION: "It was not allowed to do what it needed; the lines below say how to allow it.",
    Reason.BUDGET: "It reached its dollar limit; its session is kept. [Add] lets it go on.",
    Reason.TURNS: "It reached its limit of turns; its session is kept. [Continue] goes on where it was.",
    Reason.SILENCE: "It had said nothing for too long and was stopped; [Retry] resumes its session.",
    Reason.NOT_FOUND: "Its program is not installed: run `frontdesk doctor` on the machine of the house.",
    Reason.AUTH: "Its login or key was refused: run `frontdesk doctor`, then [Retry].",
    Reason.RATE_LIMIT: "Its provider asked it to wait; it goes on by itself.",
    Reason.OVERLOADED: "Its provider is overloaded; [Retry] resumes its session.",
    Reason.CRASHED: "Its program ended unexpectedly; [Retry] resumes its session.",
    Reason.PROTOCOL: "It ended without a result; [Retry] resumes its session, [Show log] tells more.",
    Reason.SESSION_LOST: "Its session could not be found; [Retry] starts a fresh one with a summary.",
    Reason.RECURSION: "A dispatch may not start further dispatches from here; ask for the parts one by one.",
    Reason.SANDBOX: "No sandbox could be proven on this machine: `frontdesk doctor` says what to install.",
    Reason.REFUSED: "The model refused to answer that; say it differently, or name another model.",
}

MAX_RESULT_CHARS: Final = 12_000
"""Of a result in a conversation; the whole text is in `frontdesk show`."""

DETAIL_CHARS: Final = 1600
"""Of what a specialist or its program said last; the log has the rest."""

HIDDEN: Final = "A secret is hidden here. What is allowed is the call as it was made, secret included."

_MARKS: Final = {StepState.DONE: "✓", StepState.ACTIVE: "▸", StepState.FAILED: "✗", StepState.OPEN: "○"}


def remedy(reason: str | None) -> str:
    return REMEDIES.get(reason or "", "[Retry] tries again, [Show log] tells more.")


def duration(seconds: float) -> str:
    """4 s, 3 min, 2 h 5 min, 3 d 4 h."""
    whole = int(max(seconds, 0))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def money(usd: float | None, billing: Billing | None = None) -> str:
    if usd is None:
        return "unknown cost"
    amount = f"${usd:.4f}" if 0 < usd < 0.01 else f"${usd:.2f}"
    if billing is Billing.SUBSCRIPTION:
        return f"{amount} at list price, paid by subscription"
    return f"{amount} (estimated)" if billing is Billing.ESTIMATED else amount


def with_age(post: Post, age: timedelta) -> Post:
    """A post that could not be sent in time says so itself."""
    return replace(post, markdown=f"*(delayed, from {duration(age.total_seconds())} ago)*\n\n{post.markdown}")


def with_buttons(post: Post, buttons: tuple[ButtonView, ...]) -> Post:
    return replace(post, buttons=buttons)


def steps_line(steps: tuple[Step, ...]) -> str:
    done = sum(step.state is StepState.DONE for step in steps)
    return f"{done}/{len(steps)} steps" if steps else ""


_STATUS_WORDS: Final = {
    Status.WAITING: "waiting for its place",
    Status.RUNNING: "working",
    Status.DONE: "done",
    Status.FAILED: "failed",
    Status.STOPPED: "stopped",
    Status.CANCELLED: "cancelled",
}
_PARKED_WORDS: Final = {
    ParkReason.QUESTION: "waiting for an answer",
    ParkReason.APPROVAL: "waiting for an approval",
    ParkReason.LIMIT: "at its limit",
    ParkReason.BUDGET: "at its dollar limit",
    ParkReason.RATE_LIMIT: "waiting for its provider",
}


def status_words(dispatch: Dispatch) -> str:
    if dispatch.status is Status.PARKED and dispatch.park_reason:
        return _PARKED_WORDS[dispatch.park_reason]
    return (
        "stopping"
        if dispatch.cancel and dispatch.status is Status.RUNNING
        else _STATUS_WORDS[dispatch.status]
    )


def card(dispatch: Dispatch, now: datetime) -> Post:
    """The one status message of a dispatch, as of now."""
    lines = [f"**{dispatch.id}** · {dispatch.title} — {status_words(dispatch)}"]
    if dispatch.choice and dispatch.status in LIVE:
        lines.append(dispatch.choice)
    if dispatch.status is Status.PARKED and dispatch.resume_at:
        lines.append(f"Goes on by itself at {dispatch.resume_at:%Y-%m-%d %H:%M} UTC.")
    if dispatch.status in LIVE and dispatch.silent_since:
        lines.append(f"Nothing heard for {duration((now - dispatch.silent_since).total_seconds())}.")
    elif dispatch.status in (Status.RUNNING, Status.WAITING) and dispatch.activity:
        lines.append(dispatch.activity)
    if limits := limits_line(dispatch):
        lines.append(limits)
    lines.extend(dispatch.notes)
    return Post(
        markdown="\n\n".join(lines), steps=_steps(dispatch), footer=card_footer(dispatch, now), silent=True
    )


def _steps(dispatch: Dispatch) -> tuple[Step, ...]:
    """What a failed run was at did not get done; the row keeps it, because the next run goes on there."""
    if dispatch.status is not Status.FAILED:
        return dispatch.steps
    return tuple(
        replace(step, state=StepState.FAILED) if step.state is StepState.ACTIVE else step
        for step in dispatch.steps
    )


def limits_line(dispatch: Dispatch) -> str:
    """What was taken of the person's words about limits; empty when they said nothing."""
    usd = [money(dispatch.max_usd)] if dispatch.max_usd is not None else []
    time = [duration(dispatch.timeout_s)] if dispatch.timeout_s is not None else []
    return f"As you asked, each run takes at most {' and '.join(usd + time)}." if usd or time else ""


def card_footer(dispatch: Dispatch, now: datetime) -> str:
    end = now if dispatch.status in LIVE else (dispatch.activity_at or now)
    bits = [
        " · ".join(filter(None, (dispatch.project, dispatch.specialist, dispatch.model))),
        duration((end - dispatch.created_at).total_seconds()),
        money(dispatch.cost_usd + dispatch.running_usd),
    ]
    if dispatch.context_used is not None:
        bits.append(f"context {dispatch.context_used:.0%}")
    if steps := steps_line(dispatch.steps):
        bits.append(steps)
    return " · ".join(bits)


def place_in_line(dispatch: Dispatch, ahead: int, why: str) -> str:
    place = "next" if ahead == 0 else f"{ahead + 1}. in line"
    return f"{dispatch.id} is {place}: {why}"


def waits_for_node(node: str) -> str:
    return f"waits for {node}, which has its session and is not running"


def outage(dispatch: Dispatch, node: str) -> str:
    """Said once, where the work is talked about."""
    head = f"**{dispatch.id}** · {dispatch.title} — {waits_for_node(node)}."
    return f"{head} It goes on by itself when that is back."


def result(dispatch: Dispatch, run: Run, now: datetime) -> Post:
    """The specialist's own words, with time and money below."""
    text = dispatch.result.strip() or "Done, without a word of its own."
    if len(text) > MAX_RESULT_CHARS:
        text = (
            text[:MAX_RESULT_CHARS].rstrip() + f"\n\n… cut here; `frontdesk show {dispatch.id}` has the rest."
        )
    notes = "".join(f"\n\n> {note}" for note in dispatch.notes)
    began = run.started_at or run.created_at
    footer = " · ".join(
        [
            f"{dispatch.id} done",
            duration((now - began).total_seconds()),
            money(run.cost_usd, run.billing),
            f"all runs {money(dispatch.cost_usd)}" if run.n > 1 else "reply to continue",
        ]
    )
    return Post(markdown=text + notes, footer=footer, mention=dispatch.person)


def failure(dispatch: Dispatch, reason: str | None, detail: str) -> Post:
    """What happened, what to do, and what was done, failed and not begun."""
    lines = [f"**{dispatch.id}** · {dispatch.title} — failed ({reason or 'unknown'})", remedy(reason)]
    if detail:
        lines.append(f"```\n{_shortened(detail.strip())}\n```")
    lines.extend(f"> {note}" for note in dispatch.notes)
    lines.extend(_checklist(dispatch.steps))
    if dispatch.result and dispatch.result.strip() not in detail:
        lines.append(dispatch.result[:2000])
    return Post(markdown="\n\n".join(lines), footer=f"{dispatch.id} failed", mention=dispatch.person)


def _shortened(detail: str) -> str:
    """Its beginning says what went wrong, its end what the program said last."""
    if len(detail) <= DETAIL_CHARS:
        return detail
    return f"{detail[: DETAIL_CHARS // 2]} … {detail[-DETAIL_CHARS // 2 :]}"


def _checklist(steps: tuple[Step, ...]) -> list[str]:
    if not steps:
        return []
    groups = (
        ("Done", {StepState.DONE}),
        ("Failed or interrupted", {StepState.FAILED, StepState.ACTIVE}),
        ("Not started", {StepState.OPEN}),
    )
    return [
        f"{title}: " + "; ".join(step.text for step in steps if step.state in states)
        for title, states in groups
        if any(step.state in states for step in steps)
    ]


def parked_at_limit(dispatch: Dispatch, reason: str | None, text: str) -> Post:
    words = text or remedy(reason)
    return Post(
        markdown=f"**{dispatch.id}** · {dispatch.title} — stopped at its limit.\n\n{words}",
        mention=dispatch.person,
    )


def waiting_for_provider(dispatch: Dispatch, text: str, now: datetime) -> Post:
    when = dispatch.resume_at
    wait = f" It goes on by itself in {duration((when - now).total_seconds())}." if when else ""
    return Post(
        markdown=f"**{dispatch.id}** · {text or REMEDIES[Reason.RATE_LIMIT]}{wait}", mention=dispatch.person
    )


def question(item: Question, dispatch: Dispatch) -> str:
    """The text of a question's post; the buttons carry the options."""
    if item.kind is QuestionKind.APPROVAL and item.approval:
        return f"**{item.id}** · {dispatch.id} asks for approval\n\n{_approval(item.approval, dispatch)}"
    lines = [f"**{item.id}** · {dispatch.id} asks"]
    for ask in item.asks:
        lines.append(ask.text + ("  *(several may be chosen)*" if ask.multiple else ""))
        lines.append("\n".join(_option(option) for option in ask.options))
    if item.default:
        lines.append(f"Without an answer it goes on with: {item.default}")
    return "\n\n".join(line for line in lines if line)


def still_open(item: Question, now: datetime) -> str:
    return f"**{item.id}** is still open after {duration((now - item.asked_at).total_seconds())}"


def _option(option: Option) -> str:
    return f"- **{option.label}**: {option.description}" if option.description else f"- **{option.label}**"


def _approval(item: Approval, dispatch: Dispatch) -> str:
    """The call as it is bound, and the line that would always allow it where there is a safe one."""
    words = shown.command(item) if item.tool == "Bash" else None
    if MASK in item.input:
        return f"{shown.approval(item)}\n\n{HIDDEN}"
    rule = tool_rules.exactly(words) if words is not None else None
    if rule is None:
        return shown.approval(item)
    line = f"frontdesk allow {dispatch.project} {shlex.quote(rule)}"
    return f"{shown.approval(item)}\n\nAn admin can always allow exactly this on the command line: `{line}`"


def allowed_again(item: Question, by: str) -> str:
    """A line of the card: what passes without asking until the dispatch is cancelled."""
    what = shown.one_line(item.approval) if item.approval else "this call"
    return f"Allowed for this session by {by} ({item.id}): {what}"


def superseded_question(item: Question) -> str:
    return f"**{item.id}** · The call has changed: this is not asked any more, see the new post below."


def closed_question(item: Question, by: str) -> str:
    """What the post of a question becomes once it is closed."""
    head = (
        item.text
        if item.kind is QuestionKind.QUESTION
        else f"Approval for {shown.one_line(item.approval) if item.approval else 'a call'}"
    )
    return f"**{item.id}** · {head}\n\n{_verdict(item, by)}"


def _verdict(item: Question, by: str) -> str:
    match item.state:
        case QuestionState.EXPIRED:
            return "Nobody answered in time; the work stays parked at no cost."
        case QuestionState.WITHDRAWN:
            return "No longer asked."
        case _:
            return f"{verdict_words(item.reply)} — {by}" if item.reply else ""


def verdict_words(reply: Reply | None) -> str:
    if reply is None:
        return ""
    match reply.verdict:
        case Verdict.GRANTED:
            return "Approved, for this session" if reply.session else "Approved, once"
        case Verdict.DENIED:
            return f"Denied{': ' + reply.text if reply.text else ''}"
        case Verdict.ANSWERED:
            return "; ".join(value for value in reply.answers.values() if value) or reply.text


def moved(dispatch: Dispatch, place: str) -> str:
    """What is left of a card, or of an open question, where the dispatch no longer speaks."""
    back = f"`/move {dispatch.id} here` brings it back"
    return f"**{dispatch.id}** · {dispatch.title} — goes on in {place}; {back}."


def place_title(dispatch: Dispatch) -> str:
    """Of a topic or thread that is about one dispatch."""
    return f"{dispatch.id} · {dispatch.title}"


def goes_on_in_topic(dispatch: Dispatch, link: str) -> str:
    """What stands where it was asked for."""
    topic = f"[a topic of its own]({link})" if link else "a topic of its own"
    return f"**{dispatch.id}** · {dispatch.title} — goes on in {topic}."


def nothing_to_stop(elsewhere: list[str]) -> str:
    """``elsewhere``: the person's live work that speaks in other places."""
    hint = f" `stop {elsewhere[0]}` stops one elsewhere: {', '.join(elsewhere)}." if elsewhere else ""
    return f"Nothing is running here.{hint}"


GOES_ON_HERE: Final = "The thread of this conversation was deleted; it goes on here."


def meant_for(place: str) -> str:
    return f"*(What was meant for {place} comes here: nothing can be posted there any more.)*"


def not_taken(row: OutboxRow, why: str) -> str:
    return f"I could not post {_thing(row)} here. {why}{_kept(row)}"


def not_delivered(row: OutboxRow, person: str, place: str) -> str:
    """To an admin."""
    return (
        f"{_thing(row)} did not reach {person}: nothing can be posted in {place} any more, and I know no "
        f"other private conversation with them. They can write to me again.{_kept(row)}"
    )


def _thing(row: OutboxRow) -> str:
    if row.question:
        return f"{row.question} of {row.dispatch}"
    kind = "result" if row.kind is PostKind.RESULT else "reply"
    return f"the {kind} about {row.dispatch}" if row.dispatch else "a reply"


def _kept(row: OutboxRow) -> str:
    return f" `frontdesk show {row.dispatch}` has it." if row.dispatch else ""


def asks_to_be_known(row: Pairing) -> str:
    """To an admin: the account is all that is known of a stranger."""
    return (
        f"`{row.chat}:{row.account}` asks to be let in, with the code **{row.id}**. Do you know who that is?"
    )


NOT_STARTED: Final = "Not started: you said stop."
STRANGER: Final = (
    "I only work for people I know. Ask an admin to add you: "
    "`[people.<name>]` in frontdesk.toml, with {account}."
)
PAIRING: Final = (
    "I only work for people I know. Give an admin this code: **{code}**. It is good for an hour; "
    "`/pair {code} user` or `frontdesk people pair {code}` lets you in."
)
PAIRED: Final = "An admin let you in: you are {role} here. Write `help`, or what you want done."
REMOVED: Final = "I left this alone: {person} is nobody I work for any more."
UNDELIVERABLE_TURN: Final = (
    "Something went wrong while I worked on this message, so I left it alone (error {id}). "
    "Say it again, or ask an admin to look at `frontdesk logs`."
)
