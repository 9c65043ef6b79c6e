"""Tool calls that a rehearsed model makes inside Claude Code, for tests of a whole house."""

from __future__ import annotations

from typing import Final

from adapters.rehearsal.model_server import Step, Use, step

COLOUR: Final = {
    "question": "Which colour?",
    "header": "Colour",
    "multiSelect": False,
    "options": [{"label": "red", "description": "warm"}, {"label": "blue", "description": "cold"}],
}
SIZES: Final = {
    "question": "Which sizes?",
    "header": "Sizes",
    "multiSelect": True,
    "options": [{"label": "small", "description": "S"}, {"label": "large", "description": "L"}],
}
ASK_COLOUR: Final = Use("AskUserQuestion", {"questions": [COLOUR]})
ASK_BOTH: Final = Use("AskUserQuestion", {"questions": [COLOUR, SIZES]})

UNTIL_GO: Final = "touch begun; while [ ! -e go ]; do sleep 0.05; done"
"""A command that runs until the test lets it go on."""


def write(name: str, content: str) -> Use:
    return Use("Write", {"file_path": f"{{{{cwd}}}}/{name}", "content": content})


def bash(command: str) -> Use:
    return Use("Bash", {"command": command, "description": "Run it"})


def insist(call: Use) -> Step:
    """A call that is made again while it waits for a person, as Claude Code's model is told to."""
    return step(call, repeat_while="exactly the same input")
