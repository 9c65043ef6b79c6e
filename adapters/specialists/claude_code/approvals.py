"""An approval is bound to exactly what was shown: tool, input, directory and commit, by their hash."""

from __future__ import annotations

import asyncio
import json
import re
from fnmatch import fnmatch
from typing import Final

from adapters.specialists.claude_code.payload import Payload, text
from bot.model.questions import Approval, Ask, Reply, Verdict, approval_of

CALL_AGAIN: Final = (
    "A person must approve this. "
    "Call the tool again with exactly the same input; it will wait for the answer."
)
ONE_AT_A_TIME: Final = (
    "Another call is already waiting for a person, and only one can wait at a time. "
    "Call this one again after that."
)
NOT_IN_A_SUBAGENT: Final = (
    "A person must approve this, and a subagent cannot wait for one. End your work here and report that "
    "the main session has to make exactly this call."
)
_SIMPLE_WORD: Final = re.compile(r"[A-Za-z][\w.-]*")


def approval(tool: str, given: Payload, directory: str, commit: str) -> Approval:
    """What is shown and hashed: all of the input but the words with which the model describes a command.

    They do nothing, and a model that repeats a call may phrase them anew.
    """
    binding = {name: value for name, value in given.items() if (tool, name) != ("Bash", "description")}
    canonical = json.dumps(binding, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return approval_of(tool, canonical, directory, commit)


def as_ask(shown: Approval) -> Ask:
    return Ask(key=shown.hash, text=f"May I use {shown.tool}?\n{readable(shown)}")


def readable(shown: Approval) -> str:
    """The command itself where there is one, else the input as it is."""
    given: Payload = json.loads(shown.input)
    return text(given.get("command")) or text(given.get("file_path")) or shown.input


def refusal(reply: Reply) -> str:
    """What the specialist is told when a person said no, or said something else."""
    said = reply.text or "; ".join(reply.answers.values())
    words = f"{reply.by or 'A person'} did not approve this call."
    return f"{words} They said: {said}" if said else f"{words} Do not try it in another way."


def as_prompt(shown: Approval, reply: Reply) -> str:
    """The decision in words, for a session that does not wait for it any more."""
    if reply.verdict is not Verdict.GRANTED:
        return f"About your call of {shown.tool} with {shown.input}: {refusal(reply)}"
    return (
        f"Approved by {reply.by or 'a person'}: run exactly this, once, with the tool {shown.tool} and "
        f"exactly this input:\n{shown.input}"
    )


def rule(tool: str, given: Payload) -> str:
    """The narrowest sensible rule that lets calls like this one pass, in Claude Code's own syntax."""
    if tool != "Bash":
        return tool
    words = text(given.get("command")).split()
    head = [word for word in words[:2] if _SIMPLE_WORD.fullmatch(word)]
    return (
        f"Bash({' '.join(head)} *)" if head and head[0] == words[0] else f"Bash({text(given.get('command'))})"
    )


def remedy(tool: str, given: Payload, project: str, denied: tuple[str, ...]) -> str:
    """The line that would let a refused call pass: one rule less, or one more."""
    if refused := next((one for one in denied if _matches(one, tool, given)), None):
        return f"take {json.dumps(refused)} out of denied_tools of [projects.{project}] in frontdesk.toml"
    value = json.dumps([rule(tool, given)], ensure_ascii=False)
    return f"add allowed_tools = {value} to [projects.{project}] in frontdesk.toml"


def _matches(one: str, tool: str, given: Payload) -> bool:
    """Near enough to name the rule; what it forbids is decided by Claude Code."""
    name, _, pattern = one.removesuffix(")").partition("(")
    said = text(given.get("command")) or text(given.get("file_path"))
    return name == tool and (not pattern or fnmatch(said, pattern.replace(":*", "*")))


async def commit_of(directory: str) -> str:
    """The commit that is checked out; empty where there is none."""
    git = await asyncio.create_subprocess_exec(
        *("git", "-C", directory, "rev-parse", "--verify", "--quiet", "HEAD"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
        },
    )
    printed, _ = await git.communicate()
    return printed.decode().strip() if git.returncode == 0 else ""
