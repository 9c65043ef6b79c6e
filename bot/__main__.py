"""``python -m bot`` and the script ``frontdesk``: refuses an old Python in words, then runs the commands.

Everything else is imported later, because even the syntax of the other files is newer.
"""

from __future__ import annotations

import os
import sys

OLDEST = (3, 11)


def main() -> None:
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"frontdesk: needs Python 3.11 or newer, and this is {found}; install one and run it again.")
    if sys.argv[1:] == ["--version"]:  # without the command line, which takes most of its time to load
        from bot import version

        print(version.line())
        return
    os.umask(0o077)
    from bot.cli.root import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
