"""Every door of a house by its name, with what it is for."""

from __future__ import annotations

from typing import Final

from bot.model.acts import Act

INBOUND: Final[dict[str, Act]] = {
    "Wrote": Act.TALK,
    "Edited": Act.CORRECT,
    "Deleted": Act.CORRECT,
    "Pressed": Act.TALK,  # and then what the button is
    "Submitted": Act.TALK,
    "Reacted": Act.TALK,
    "Stopped": Act.TALK,  # and then STOP for each piece of work
    "Opened": Act.TALK,
    "Summoned": Act.TALK,  # and then START for what the form says
}
"""Every member of Inbound; a stranger is refused at all of them alike."""

VERBS: Final[dict[str, Act]] = {
    "status": Act.LOOK, "costs": Act.LOOK, "help": Act.LOOK, "stop": Act.STOP, "cancel": Act.CANCEL,
    "retry": Act.RETRY, "tell": Act.STEER, "answer": Act.ANSWER, "approve": Act.GRANT, "deny": Act.DENY,
    "run": Act.START, "start": Act.LOOK, "new": Act.TALK, "use": Act.USE, "usage": Act.LOOK,
    "compact": Act.COMPACT, "sessions": Act.LOOK, "move": Act.MOVE, "pair": Act.PEOPLE,
    "models": Act.LOOK, "schedules": Act.LOOK, "schedule": Act.SCHEDULE,
}  # fmt: skip
"""Every commands.Verb."""

OPERATOR: Final = "operator"
"""Whoever may read and write the state directory: the machine's user. No person is asked for."""

DESK: Final[dict[str, Act | str]] = {
    "receive": Act.TALK,
    "posts": OPERATOR,  # a terminal's own screen reads the rows of its conversation
    "card": OPERATOR,
    "idle": OPERATOR,
    "dispatch": Act.START,
    "follow_up": Act.FOLLOW_UP,
    "tell": Act.STEER,
    "answer": Act.ANSWER,
    "approve": Act.GRANT,
    "deny": Act.DENY,
    "allow": Act.RULES,
    "revoke": Act.RULES,
    "rules": Act.RULES,
    "stop": Act.STOP,
    "cancel": Act.CANCEL,
    "retry": Act.RETRY,
    "move": Act.MOVE,
    "adopt": Act.ADOPT,
    "status": Act.SHOW,  # the health of the house is for everybody on the machine; work is not
    "dispatches": Act.SHOW,
    "show": Act.SHOW,
    "news": Act.SHOW,
    "costs": Act.LOOK,  # one's own; everybody's with SEE_COSTS
    "keeping.preview": Act.PURGE,
    "keeping.purge": Act.PURGE,
    "keeping.audit": Act.AUDIT,
    "keeping.cache": Act.AUDIT,
    "keeping.clear_cache": Act.PURGE,
    "timetables.read": OPERATOR,  # words become a plan; nothing is kept of it
    "timetables.add": Act.SCHEDULE,
    "timetables.preview": Act.SCHEDULE,
    "timetables.edit": Act.SCHEDULE,
    "timetables.run": Act.RUN_SCHEDULE,
    "timetables.resume": Act.RUN_SCHEDULE,
    "timetables.pause": Act.REST_SCHEDULE,
    "timetables.snooze": Act.REST_SCHEDULE,
    "timetables.delete": Act.REST_SCHEDULE,
    "timetables.listed": Act.SEE_SCHEDULE,
    "timetables.show": Act.SEE_SCHEDULE,
    "timetables.history": Act.SEE_SCHEDULE,
    "members.known": OPERATOR,  # how a command line finds out for whom it acts
    "members.who_is": OPERATOR,
    "members.ids": OPERATOR,
    "members.everybody": Act.PEOPLE,
    "members.add": Act.PEOPLE,
    "members.remove": Act.PEOPLE,
    "members.link": Act.PEOPLE,
    "members.unlink": Act.PEOPLE,
    "members.pair": Act.PEOPLE,
    "members.turn_away": Act.PEOPLE,
    "members.invite": Act.PEOPLE,
    "members.pairings": Act.PEOPLE,
}
"""Every public verb of the desk."""

CLI: Final[dict[str, str]] = {
    "chat": "desk.receive", "demo": OPERATOR, "serve": OPERATOR, "doctor": OPERATOR, "migrate": OPERATOR,
    "backup": OPERATOR, "restore": OPERATOR, "purge": "desk.keeping.purge",
    "cache stats": "desk.keeping.cache", "cache clear": "desk.keeping.clear_cache",
    "status": "desk.status", "list": "desk.dispatches", "show": "desk.show", "logs": "desk.news",
    "costs": "desk.costs",
    "dispatch": "desk.dispatch", "continue": "desk.follow_up", "tell": "desk.tell", "answer": "desk.answer",
    "approve": "desk.approve", "deny": "desk.deny", "stop": "desk.stop", "cancel": "desk.cancel",
    "allow": "desk.allow", "rules": "desk.rules", "revoke": "desk.revoke",
    "retry": "desk.retry", "adopt": "desk.adopt", "config check": OPERATOR, "config migrate": OPERATOR,
    "init": OPERATOR, "projects list": OPERATOR, "projects add": OPERATOR, "reload": OPERATOR,
    "people list": "desk.members.everybody", "people add": "desk.members.add",
    "people remove": "desk.members.remove", "people link": "desk.members.link",
    "people unlink": "desk.members.unlink", "people pair": "desk.members.pair",
    "people turn-away": "desk.members.turn_away", "people invite": "desk.members.invite",
    "people waiting": "desk.members.pairings",
    "schedules list": "desk.timetables.listed", "schedules add": "desk.timetables.add",
    "schedules preview": "desk.timetables.preview", "schedules show": "desk.timetables.show",
    "schedules edit": "desk.timetables.edit", "schedules pause": "desk.timetables.pause",
    "schedules resume": "desk.timetables.resume", "schedules snooze": "desk.timetables.snooze",
    "schedules run": "desk.timetables.run", "schedules delete": "desk.timetables.delete",
    "schedules history": "desk.timetables.history",
    "move": "desk.move", "people rights": OPERATOR,
}  # fmt: skip
"""Every command: the verb of the desk that it is a door to, or what only the machine's user can do."""
