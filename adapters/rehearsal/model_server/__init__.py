"""A model platform on loopback that plays a script, so that demo and tests need no account, key or network.

It speaks OpenAI chat completions and Anthropic messages well enough for pydantic-ai, both vendors' SDKs and
the real Claude Code binary, refuses what the real platforms refuse, and breaks on request.

    script = Script(rules=(
        rule("fix the parser", [Use("Write", {"file_path": "{{cwd}}/parser.py", "content": "…"}), "Done."]),
        rule("please fix", [Decide({"say": "On it.", "actions": [...]})]),
    ))
    async with ModelServer(script) as server:
        ...  # ANTHROPIC_BASE_URL=server.url, OPENAI_BASE_URL=server.openai_url
        assert not server.journal.mentions("the secret")

The way of a request: wire (HTTP) → a dialect reads it into `Asked` → player finds the rule and the step,
without any memory of its own → reply (with usage) → the dialect writes it → delivery sends it, with its fault
if it has one.
"""

from adapters.rehearsal.model_server.asked import Asked
from adapters.rehearsal.model_server.journal import Journal, Request
from adapters.rehearsal.model_server.load import load_script
from adapters.rehearsal.model_server.script import (
    Decide,
    Fault,
    FaultKind,
    Rule,
    Say,
    Script,
    Step,
    Usage,
    Use,
    rule,
    step,
)
from adapters.rehearsal.model_server.server import ModelServer

__all__ = [
    "Asked",
    "Decide",
    "Fault",
    "FaultKind",
    "Journal",
    "ModelServer",
    "Request",
    "Rule",
    "Say",
    "Script",
    "Step",
    "Usage",
    "Use",
    "load_script",
    "rule",
    "step",
]
