"""What commands take: ids as people write them, words or stdin, and the person they are given for."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec

import click

from bot.cli.context import Context
from bot.cli.inside import refuse_inside_run
from bot.cli.printing import one_line, print_json, several_lines
from bot.model.dispatches import Dispatch

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.model.people import Person
    from bot.settings import Settings

MAX_TEXT_CHARS: Final = 1_000_000
_LISTS: Final = {"r": "frontdesk rules", "s": "frontdesk schedules list"}

P = ParamSpec("P")
Act = Callable[["Desk", "Person"], Awaitable[str | Dispatch]]


class Id(click.ParamType[str]):
    """d7 or q3; a bare number is taken for one."""

    def __init__(self, kind: str, name: str) -> None:
        self.kind, self.name = kind, name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        number = str(value).lower().removeprefix(self.kind)
        if number.isascii() and number.isdecimal() and len(number) <= 12:
            return f"{self.kind}{int(number)}"
        lists = _LISTS.get(self.kind, "frontdesk status")
        return self.fail(
            f"{one_line(str(value))!r} is no {self.name}: write {self.kind}7; `{lists}` lists them.",
            param,
            ctx,
        )


def _words(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> str:
    """One text; a single - stands for stdin."""
    text = sys.stdin.read(MAX_TEXT_CHARS) if words == ("-",) else " ".join(words)
    if words and not text.strip():
        raise click.UsageError("The text is empty.")
    return text


any_dispatch_argument = click.argument("dispatch", type=Id("d", "dispatch"), required=False)
dispatch_argument = click.argument("dispatch", type=Id("d", "dispatch"))
question_argument = click.argument("question", type=Id("q", "question"))
text_argument = click.argument("text", nargs=-1, required=True, callback=_words)
comment_argument = click.argument("text", nargs=-1, callback=_words)
conversation_option = click.option(
    "--conversation", metavar="ID", help="Where progress and result are posted; by default a terminal one."
)
person_option = click.option(
    "--as", "person", metavar="PERSON", help="Who asks; by default whoever is logged in."
)
json_option = click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")


class Acting:
    """One verb, for one person: called with what to ask of the desk, it says what came of it."""

    def __init__(self, context: Context, person: str | None, json_wanted: bool) -> None:
        self._context, self._json = context, json_wanted
        self._person = context.person(person)

    @property
    def settings(self) -> Settings:
        return self._context.settings

    def __call__(self, act: Act) -> None:
        done = self._context.ask(lambda desk: act(desk, self._person))
        match done:
            case Dispatch() if self._json:
                print_json(dispatch=done)
            case Dispatch():
                click.echo(f"{done.id} is {done.status} in {done.project}: {one_line(done.title)}")
            case _ if self._json:
                print_json(message=done)
            case _:
                click.echo(several_lines(done))


def acting(verb: Callable[Concatenate[Acting, P], None]) -> Callable[..., None]:
    """Give a verb its ``Acting`` first, with --as and --json; refuse it inside a run."""

    @person_option
    @json_option
    @click.pass_context
    def acted(
        ctx: click.Context, person: str | None, json_wanted: bool, *args: P.args, **given: P.kwargs
    ) -> None:
        refuse_inside_run(ctx.info_name or "")
        verb(Acting(ctx.obj, person, json_wanted), *args, **given)

    return update_wrapper(acted, verb)
