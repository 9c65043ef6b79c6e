"""What a run cannot reach, proven by trying: without proof a run could read our keys and press our buttons.

    strict   bubblewrap around the whole program: everything read-only, the house's files gone, own processes
    claude   Claude Code's own sandbox: around its shell commands only; its file tools are kept out by rules
    none     nothing; only when somebody wrote it by hand

``choose`` gives the best level whose canary passes, ``wrap`` and ``claude_settings`` put it around a program.
The network stays shared in every level, because a worker needs its model; so whatever listens on this
machine's loopback or abstract sockets must ask for a password of its own.
"""

from adapters.specialists.sandbox.bubblewrap import wrap
from adapters.specialists.sandbox.choice import choose, forget_proofs, unsandboxed
from adapters.specialists.sandbox.claude_own import claude_settings
from adapters.specialists.sandbox.proof import Fact, Level, Proof, prove
from adapters.specialists.sandbox.walls import Walls

__all__ = [
    "Fact",
    "Level",
    "Proof",
    "Walls",
    "choose",
    "claude_settings",
    "forget_proofs",
    "prove",
    "unsandboxed",
    "wrap",
]
