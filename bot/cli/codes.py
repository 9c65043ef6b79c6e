"""How a command can end; ``frontdesk --help`` says the same in words."""

from __future__ import annotations

from typing import Final

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
REFUSED: Final = 3
NO_HOUSE: Final = 4
INTERRUPTED: Final = 130
