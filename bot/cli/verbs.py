"""The verbs that change something: each acts for one person and says in a sentence what happened."""

from __future__ import annotations

from uuid import UUID

import click

from bot.cli.claude_sessions import adopt_session
from bot.cli.parameters import (
    Acting,
    acting,
    comment_argument,
    conversation_option,
    dispatch_argument,
    question_argument,
    text_argument,
)


@click.command()
@click.argument("project")
@text_argument
@conversation_option
@acting
def dispatch(act: Acting, project: str, text: str, conversation: str | None) -> None:
    """Start work in PROJECT. TEXT is what is to be done; - reads it from stdin."""
    act(lambda desk, person: desk.dispatch(person, project, text, conversation))


@click.command("continue")
@dispatch_argument
@text_argument
@acting
def continue_(act: Acting, dispatch: str, text: str) -> None:
    """Give DISPATCH its next piece of work, in the same session."""
    act(lambda desk, person: desk.follow_up(person, dispatch, text))


@click.command()
@dispatch_argument
@text_argument
@acting
def tell(act: Acting, dispatch: str, text: str) -> None:
    """Say something to DISPATCH while it works; it reads it at its next step."""
    act(lambda desk, person: desk.tell(person, dispatch, text))


@click.command()
@question_argument
@text_argument
@acting
def answer(act: Acting, question: str, text: str) -> None:
    """Answer QUESTION with an option's label or in your own words."""
    act(lambda desk, person: desk.answer(person, question, text))


@click.command()
@question_argument
@click.option("--session", is_flag=True, help="Exactly this call, as often as its dispatch makes it.")
@click.option(
    "--shown",
    metavar="HASH",
    help="The beginning of the hash that `show` prints: allow that call, whatever was posted last.",
)
@acting
def approve(act: Acting, question: str, session: bool, shown: str | None) -> None:
    """Grant the approval QUESTION, once, for exactly what was posted last."""
    act(lambda desk, person: desk.approve(person, question, shown=shown, session=session))


@click.command()
@question_argument
@comment_argument
@acting
def deny(act: Acting, question: str, text: str) -> None:
    """Refuse the approval QUESTION; TEXT tells the specialist why."""
    act(lambda desk, person: desk.deny(person, question, text))


@click.command()
@dispatch_argument
@acting
def stop(act: Acting, dispatch: str) -> None:
    """Interrupt DISPATCH and keep its session; `continue` goes on where it was."""
    act(lambda desk, person: desk.stop(person, dispatch))


@click.command()
@dispatch_argument
@acting
def cancel(act: Acting, dispatch: str) -> None:
    """End DISPATCH for good, with all its processes."""
    act(lambda desk, person: desk.cancel(person, dispatch))


@click.command()
@dispatch_argument
@click.argument("conversation")
@acting
def move(act: Acting, dispatch: str, conversation: str) -> None:
    """Have DISPATCH speak in CONVERSATION: telegram for your own there, or CHAT:KEY, as terminal:main."""
    act(lambda desk, person: desk.move(person, dispatch, conversation))


@click.command()
@dispatch_argument
@acting
def retry(act: Acting, dispatch: str) -> None:
    """Try DISPATCH again, in the same session where there is one."""
    act(lambda desk, person: desk.retry(person, dispatch))


@click.command()
@click.argument("session", type=click.UUID)
@click.option("--project", required=True, help="The project in whose directory the session was.")
@conversation_option
@acting
def adopt(act: Acting, session: UUID, project: str, conversation: str | None) -> None:
    """Fork SESSION of your own terminal into a dispatch; the original stays as it is."""
    adopted = adopt_session(act.settings, project, str(session))
    act(lambda desk, person: desk.adopt(person, project, adopted.session, adopted.title, conversation))
