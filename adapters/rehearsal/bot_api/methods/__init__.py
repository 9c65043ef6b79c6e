"""The methods of the Bot API, by name. What is not here answers 404, as an older server would."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Final

from adapters.rehearsal.bot_api.methods import about, files, messages, newer, topics, updating
from adapters.rehearsal.bot_api.platform import Platform
from adapters.rehearsal.bot_api.reading import Asked

Method = Callable[[Platform, Asked], Coroutine[None, None, object]]

METHODS: Final[Mapping[str, Method]] = {
    name.lower(): method
    for room in (about, files, messages, newer, topics, updating)
    for name, method in room.METHODS.items()
}
"""Names in any case, as with Telegram."""
