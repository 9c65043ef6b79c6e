"""500 updates, a third of them delivered twice, with ten kills and ten broken connections."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from bench.telegram.campaign import Plan, carry_out


def main() -> int:
    """1 when anything was lost, doubled or out of order, or more doubled than nobody could have known of."""
    parser = argparse.ArgumentParser(prog="python -m bench.telegram", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--updates", type=int, default=Plan().updates)
    parser.add_argument("--kills", type=int, default=Plan().kills)
    parser.add_argument("--drops", type=int, default=Plan().drops)
    given = parser.parse_args()
    plan = Plan(given.updates, given.kills, given.drops)
    outcome = asyncio.run(carry_out(plan, given.seed))
    for failure in outcome.failures[:20]:
        print(failure)
    if outcome.failures:
        print(f"look at {outcome.directory}")
    print(f"seed={given.seed} {outcome}")
    return int(bool(outcome.failures))


if __name__ == "__main__":
    sys.exit(main())
