"""The commands that only look: status, list, show, logs."""

from __future__ import annotations

from typing import Final

import click

from bot.cli.codes import FAILED, NO_HOUSE, OK
from bot.cli.context import Context
from bot.cli.parameters import dispatch_argument, json_option, person_option
from bot.cli.printing import one_line, print_fields, print_json, print_table, several_lines, when
from bot.model.dispatches import Dispatch, Run, Status
from bot.model.gathered import Fetch
from bot.model.questions import Question
from bot.model.views import Detail
from bot.model.views import Status as HouseStatus
from bot.reports import money
from bot.shown import LEAST_SHOWN, call, visible

NOT_RUNNING: Final = "not running; `frontdesk serve` or `frontdesk chat` starts it"


@click.command()
@person_option
@json_option
@click.pass_obj
def status(context: Context, person: str | None, json_wanted: bool) -> int:
    """Is the house running, and what is going on?

    Ends with 0 when a house is running and well, 1 when it has a problem, 4 when none is running; a container
    can use it as its health check, for which nobody has to be known. What goes on is shown as far as the
    person may look.
    """
    who = context.person(person) if person else context.person_if_known(None)
    found = context.ask(lambda desk: desk.status(who))
    print_json(status=found) if json_wanted else _print_status(found)
    if not found.running:
        return NO_HOUSE
    return FAILED if found.problems else OK


def _print_status(found: HouseStatus) -> None:
    print_fields(
        [
            ("house", f"running: {found.holder}" if found.holder else NOT_RUNNING),
            (
                "dispatches",
                ", ".join(f"{count} {name}" for name, count in sorted(found.counts.items())) or "none",
            ),
            ("messages", f"{found.turns_waiting} not yet treated" if found.turns_waiting else ""),
            ("posts", f"{found.parts_unsent} not yet delivered" if found.parts_unsent else ""),
            (
                "sent again",
                f"{found.sent_again} messages, which may stand there twice" if found.sent_again else "",
            ),
            ("spent today", money(found.spent_today_usd)),
            ("at a restart", ", ".join(found.restart)),
            *(("problem", problem) for problem in found.problems),
        ]
    )
    if found.live:
        click.echo()
        print_table(("id", "status", "project", "who", "doing"), [_live_row(item) for item in found.live])
    if found.questions:
        click.echo()
        print_table(("question", "of", "asked", "text"), [_question_row(item) for item in found.questions])


def _live_row(item: Dispatch) -> tuple[str, ...]:
    return item.id, _state(item), item.project, item.person, item.activity or item.title


def _state(item: Dispatch) -> str:
    return f"{item.status} ({item.park_reason})" if item.park_reason else item.status.value


def _question_row(item: Question) -> tuple[str, ...]:
    return item.id, item.dispatch, when(item.asked_at), item.text


@click.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--status", "state", type=click.Choice([state.value for state in Status]))
@click.option("--project", help="Of this project only.")
@person_option
@json_option
@click.pass_obj
def list_(
    context: Context,
    limit: int,
    state: str | None,
    project: str | None,
    person: str | None,
    json_wanted: bool,
) -> None:
    """List dispatches, newest first: one's own, and others' for those who may look."""
    who = context.person(person)
    found = context.ask(lambda desk: desk.dispatches(who, limit, state, project))
    if json_wanted:
        print_json(dispatches=found)
    elif found:
        header = ("id", "status", "project", "who", "begun", "cost", "title")
        print_table(header, [_dispatch_row(item) for item in found])
    else:
        click.echo("There are no such dispatches.")


def _dispatch_row(item: Dispatch) -> tuple[str, ...]:
    cost = money(item.cost_usd + item.running_usd)
    return item.id, _state(item), item.project, item.person, when(item.created_at), cost, item.title


@click.command()
@dispatch_argument
@person_option
@json_option
@click.pass_obj
def show(context: Context, dispatch: str, person: str | None, json_wanted: bool) -> None:
    """Show DISPATCH with its runs, questions, session and result."""
    who = context.person(person)
    detail = context.ask(lambda desk: desk.show(who, dispatch))
    print_json(**_detail_keys(detail)) if json_wanted else _print_detail(detail)


def _detail_keys(detail: Detail) -> dict[str, object]:
    return {
        "dispatch": detail.dispatch,
        "runs": detail.runs,
        "questions": detail.questions,
        "session": detail.session,
        "resume_command": detail.resume_command,
        "session_grants": detail.session_grants,
        "fetches": detail.fetches,
        "findings": detail.findings,
    }


def _print_detail(detail: Detail) -> None:
    item = detail.dispatch
    print_fields(
        [
            ("dispatch", f"{item.id}: {item.title}"),
            ("status", _state(item) + (f", {item.reason}" if item.reason else "")),
            ("project", f"{item.project} ({item.specialist})"),
            ("asked by", item.person),
            ("begun", when(item.created_at)),
            ("cost", money(item.cost_usd + item.running_usd)),
            ("doing", item.activity if item.status is Status.RUNNING else ""),
            ("session", item.session or ""),
            ("resume it with", detail.resume_command),
            *(("note", note) for note in item.notes),
        ]
    )
    _print_part("goal", item.spec.goal)
    for step in item.steps:
        click.echo(f"  {step.state:<7} {one_line(step.text)}")
    if detail.runs:
        click.echo()
        print_table(
            ("run", "state", "outcome", "begun", "ended", "cost"), [_run_row(run) for run in detail.runs]
        )
    for question in detail.questions:
        said = f": {question.reply.verdict} by {question.reply.by}" if question.reply else ""
        _print_part(f"{question.id} ({question.kind}, {question.state}{said})", _asked(question))
    for grant in detail.session_grants:
        when_by = f"{when(grant.granted_at)} by {grant.granted_by}"
        _print_part(f"allowed for this session since {when_by}", f"the call of {grant.question}, as it is")
    _print_gathered(detail)
    _print_part("result", item.result)


def _print_gathered(detail: Detail) -> None:
    if detail.fetches:
        click.echo()
        rows = [(when(page.at), page.run, _outcome(page), page.final_url) for page in detail.fetches]
        print_table(("read", "run", "outcome", "page"), rows)
    _print_part("notes", "\n".join(f"{note.claim} — “{note.quote}”" for note in detail.findings))


def _outcome(page: Fetch) -> str:
    if page.missing:
        return f"{page.status}, says that there is no such page"
    return page.problem or str(page.status)


def _asked(question: Question) -> str:
    """An approval as it would run, and the beginning of the hash that binds it."""
    if question.approval is None:
        return question.text
    item = question.approval
    where = f"{item.directory} {item.commit[:12]}".strip()
    words = f"{item.tool} in {where}\n{call(item)}"
    return f"{visible(words)}\nbound by {item.hash[:LEAST_SHOWN]}"


def _print_part(title: str, text: str) -> None:
    if text:
        click.echo(f"\n{title}\n{several_lines(text)}")


def _run_row(run: Run) -> tuple[str, ...]:
    cost = money(run.cost_usd, run.billing) if run.cost_usd is not None else ""
    return run.id, run.state, run.outcome or "", when(run.started_at), when(run.ended_at), cost
