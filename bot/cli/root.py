"""The root of all commands: loads what was asked for, turns every failure into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Final

import click

from bot import version
from bot.cli.codes import FAILED, INTERRUPTED, NO_HOUSE, OK, REFUSED, USAGE
from bot.cli.context import Context
from bot.cli.house import NoHouse
from bot.errors import FrontdeskError, Refused, SettingsError

EPILOG: Final = """\b
Exit codes
  0  done
  1  failed; the line on stderr says why
  2  wrong usage or configuration; nothing was done
  3  refused: not allowed, or not possible now
  4  no house is running where one is needed

The configuration is --config, else FRONTDESK_CONFIG, else frontdesk.toml here or in the user's
configuration directory; FRONTDESK_… variables come before the file. `frontdesk config check` shows all.
"""

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "chat": ("bot.cli.talking:chat", "Talk to the house in this terminal."),
    "demo": ("bot.cli.talking:demo", "Watch the whole story once, without account or key."),
    "init": ("bot.cli.setup.init:init", "Write a configuration for this machine."),
    "serve": ("bot.cli.operating:serve", "Run the house until it is told to stop."),
    "doctor": ("bot.cli.operating:doctor", "Check this machine and say what to do."),
    "reload": ("bot.cli.reload:reload", "Put a changed configuration in force in the running house."),
    "migrate": ("bot.cli.operating:migrate", "Bring the database to this version."),
    "backup": ("bot.cli.keeping:backup", "Write the whole state to one file, while the house runs."),
    "restore": ("bot.cli.keeping:restore", "Make the state what a backup holds."),
    "cache": ("bot.cli.caching:cache", "Results that answer an identical request for a while."),
    "purge": ("bot.cli.purging:purge", "Show what is old, and delete it."),
    "status": ("bot.cli.views:status", "Is the house running, and what is going on?"),
    "list": ("bot.cli.views:list_", "List dispatches, newest first."),
    "show": ("bot.cli.views:show", "Show one dispatch with its runs and questions."),
    "logs": ("bot.cli.events:logs", "Print what dispatches did, event by event; also live."),
    "costs": ("bot.cli.costs:costs", "Add up what was spent."),
    "dispatch": ("bot.cli.verbs:dispatch", "Start work in a project."),
    "continue": ("bot.cli.verbs:continue_", "Give a dispatch its next piece of work."),
    "tell": ("bot.cli.verbs:tell", "Say something to a dispatch that is working."),
    "answer": ("bot.cli.verbs:answer", "Answer a question."),
    "approve": ("bot.cli.verbs:approve", "Grant an approval."),
    "deny": ("bot.cli.verbs:deny", "Refuse an approval."),
    "allow": ("bot.cli.allowing:allow", "Always allow calls that a rule covers."),
    "rules": ("bot.cli.allowing:rules", "List what is always allowed."),
    "revoke": ("bot.cli.allowing:revoke", "Take a rule back."),
    "stop": ("bot.cli.verbs:stop", "Interrupt a dispatch and keep its session."),
    "cancel": ("bot.cli.verbs:cancel", "End a dispatch for good."),
    "move": ("bot.cli.verbs:move", "Have a dispatch speak in another conversation."),
    "retry": ("bot.cli.verbs:retry", "Try a dispatch again."),
    "adopt": ("bot.cli.verbs:adopt", "Take over a session from your own terminal."),
    "schedules": ("bot.cli.schedules:schedules", "What starts by itself: list, add, change, run."),
    "people": ("bot.cli.people:people", "Say who may make the house work."),
    "projects": ("bot.cli.setup.projects:projects", "List the projects, and add one."),
    "config": ("bot.cli.config:config", "Check the configuration, and bring an old one up to date."),
}


class LazyGroup(click.Group):
    """Lists commands from a table and imports a module when its command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"did you mean {near[0]}?" if near else "`frontdesk --help` lists them."
            raise click.UsageError(f"There is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(version.line())
        ctx.exit(OK)


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", metavar="FILE", help="The configuration file.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
@click.pass_obj
def root(context: Context, config: str | None) -> None:
    """A front desk for coding agents: chat messages become real work and survive any crash."""
    context.config = config


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; returns its exit code and never raises."""
    context = Context()
    try:
        result = root.main(list(arguments), prog_name="frontdesk", obj=context, standalone_mode=False)
        return result if isinstance(result, int) else OK
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
    except click.ClickException as error:
        return _say(context, _usage(error), USAGE)
    except SettingsError as error:
        return _say(context, str(error), USAGE)
    except Refused as error:
        return _say(context, str(error), REFUSED)
    except NoHouse as error:
        return _say(context, str(error), NO_HOUSE)
    except FrontdeskError as error:
        return _say(context, str(error), FAILED)
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - what is left in the buffer has no reader
        return OK
    except Exception as error:  # noqa: BLE001 - the last door: whatever it is, a person gets one line
        return _unexpected(context, error)


def _usage(error: click.ClickException) -> str:
    message = error.format_message().replace("\n", " ")
    if isinstance(error, click.UsageError) and error.ctx and error.ctx.info_name != "frontdesk":
        return f"{message} (`{error.ctx.command_path} --help`)"
    return message


def _unexpected(context: Context, error: Exception) -> int:
    if os.environ.get("FRONTDESK_TRACEBACK"):
        raise error
    return _say(
        context,
        f"this should not have happened ({type(error).__name__}); nothing more is known to be done. "
        "Run it again with FRONTDESK_TRACEBACK=1 and report what it prints.",
        FAILED,
    )


def _say(context: Context, message: str, code: int) -> int:
    """Each line of the message on stderr, without secrets and control characters."""
    for line in context.redactor.redact(message).splitlines():
        shown = "".join(char if char.isprintable() else "·" for char in line)
        click.echo(f"frontdesk: {shown}", err=True)
    return code
