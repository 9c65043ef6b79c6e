"""Which level a run gets: what was asked for if it is proven, the best proven one for "auto", else no run."""

from __future__ import annotations

import sys
import time
from typing import Final

from adapters.specialists.sandbox.bubblewrap import INSTALL
from adapters.specialists.sandbox.proof import Fact, Level, Proof, prove
from adapters.specialists.sandbox.walls import Walls
from bot.errors import Reason, SpecialistError

_PROVEN_FOR_S: Final = 300.0
_proofs: dict[tuple[object, ...], tuple[float, Proof]] = {}


async def choose(wanted: str, walls: Walls, *, home: str, claude: str | None = None) -> Proof:
    """The level for a run within ``walls``; ``wanted`` is auto | strict | claude | none.

    ``home`` is the house's, ``claude`` the Claude Code program when that is who will run. Raises
    SpecialistError (SANDBOX) when nothing that may be used is proven: there is no silent way down.
    """
    if wanted == Level.NONE:
        return unsandboxed()
    tried = [await _proven(level, walls, home, claude) for level in _candidates(wanted, claude)]
    for proof in tried:
        if proof.ok:
            return proof
    raise SpecialistError(_refusal(wanted, tried), reason=Reason.SANDBOX)


def unsandboxed() -> Proof:
    """No isolation at all; whoever shows it has to say so (``Proof.acts_as_you``)."""
    detail = "Nothing separates this run from the house: it can act as you."
    return Proof(Level.NONE, True, (Fact("no sandbox", False, detail),))


def forget_proofs() -> None:
    """Let the next ``choose`` run its canary again, whatever was proven before."""
    _proofs.clear()


def _candidates(wanted: str, claude: str | None) -> list[Level]:
    """Strict first: it covers the program whole, not only its shell, and needs no second helper."""
    if wanted != "auto":
        return [Level(wanted)]
    strict = [Level.STRICT] if sys.platform == "linux" else []
    return [*strict, *([Level.CLAUDE] if claude else [])]


async def _proven(level: Level, walls: Walls, home: str, claude: str | None) -> Proof:
    """A proof that holds is remembered for some minutes; one that does not is tried again every time."""
    key = (level, walls.directory, walls.denied, walls.writable, home, claude)
    until, proof = _proofs.get(key, (0.0, None))
    if proof is None or time.monotonic() > until:
        proof = await prove(level, walls, home=home, claude=claude)
        if proof.ok:
            _proofs[key] = (time.monotonic() + _PROVEN_FOR_S, proof)
    return proof


def _refusal(wanted: str, tried: list[Proof]) -> str:
    why = "; ".join(f"{proof.level}: {proof.sentence}".rstrip(".") for proof in tried)
    return (
        f'No sandbox holds here (sandbox = "{wanted}"; {why or "there is none for this system"}). '
        f"To get one, {INSTALL} and allow user namespaces (in a container: "
        "security_opt seccomp=unconfined and systempaths=unconfined; "
        "on Ubuntu 24.04 and later: an AppArmor profile for bwrap). "
        'Or write sandbox = "none" for the project by hand: its runs can then act as you.'
    )
