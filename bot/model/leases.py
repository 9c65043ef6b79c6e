"""A lease says which process runs a node or listens to a chat; it ends when that does not renew it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

CHAT: Final = "chat:"
"""How the id of a chat's lease begins; no node has such a name."""


@dataclass(frozen=True, slots=True)
class Lease:
    id: str  # the node's name, or the chat's behind ``CHAT``
    holder: str  # random, another one for every process
    home: str  # which state directory that process serves; its lock says who may take over at once
    process: str  # what people read: process 4711 on build-3
    until: datetime  # by the database's clock, which all machines share


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that runs a house."""

    pid: int
    host: str
    since: datetime
    command: str = ""  # frontdesk serve

    def __str__(self) -> str:
        what = f" ({self.command})" if self.command else ""
        return f"process {self.pid} on {self.host} since {self.since:%Y-%m-%d %H:%M:%S} UTC{what}"
