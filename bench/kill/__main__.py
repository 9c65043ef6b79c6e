"""Every crash point 20 times and 200 kills at random; CRASH_AT=<point> runs one point."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from random import Random

from bench.kill.campaign import Plan, Total, at_point, at_random, carry_out, everything
from bot.crash import Point


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.kill", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--times", type=int, default=20, help="kills at the point of CRASH_AT")
    parser.add_argument("--random", type=int, default=0, help="only so many kills at random")
    given = parser.parse_args()
    random = Random(given.seed)  # noqa: S311  a repeatable run, no secret
    if point := os.environ.get("CRASH_AT", "").partition(":")[0]:
        plans = list(at_point(Point(point), given.times, random))
    elif given.random:
        plans = list(at_random(given.random, 2, random))
    else:
        plans = everything(random)
    print(
        f"seed {given.seed}: {sum(len(plan.kills) for plan in plans)} kills on {len(plans)} stages",
        flush=True,
    )
    with_look_up, without = asyncio.run(carry_out(plans, given.seed, Progress().report))
    return conclude(with_look_up, without)


class Progress:
    """A line for every stage that is over."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def report(self, plan: Plan, total: Total) -> None:
        name = plan.name if plan.lookup else f"{plan.name} (without look-up)"
        failures = [*total.broken, *total.verdict.failures(lookup=plan.lookup)]
        seconds = f"{time.monotonic() - self._began:5.0f} s"
        counts = f"kills={total.kills} messages={total.verdict.messages} failures={len(failures)}"
        print(f"{seconds}  {name:36} {counts}", flush=True)
        for failure in failures[:20]:
            print(f"         {failure}", flush=True)


def conclude(with_look_up: Total, without: Total) -> int:
    """The sums; 1 when anything was lost, doubled, left over or out of order, or was not tested."""
    verdict, other = with_look_up.verdict, without.verdict
    kills = with_look_up.kills + without.kills
    messages = verdict.messages + other.messages
    counts = {
        "lost": len(verdict.lost) + len(other.lost),
        "doubled": len(verdict.doubled) + len(verdict.posted_again) + len(other.doubled),
        "orphans": len(verdict.orphans) + len(other.orphans),
        "unbalanced": len(verdict.unbalanced) + len(other.unbalanced),
        "misordered": len(verdict.misordered) + len(other.misordered),
    }
    if kills and not any(counts.values()):
        print(
            f"none in {kills} kills and {messages} messages: with 95 % confidence it happens in fewer than "
            f"3/n = {min(3 / kills, 1):.2%} of kills and {min(3 / messages, 1):.3%} of messages"
        )
    print(f"without look-up: kills={without.kills} doubled={len(other.posted_again)}")
    print(f"kills={kills} messages={messages} " + " ".join(f"{name}={n}" for name, n in counts.items()))
    return int(any(counts.values()) or bool(with_look_up.broken or without.broken))


if __name__ == "__main__":
    sys.exit(main())
