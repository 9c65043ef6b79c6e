"""A lease says which process runs a node; it ends by itself when that process does not renew it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Lease:
    id: str  # the node's name
    holder: str  # random, another one for every process
    home: str  # which state directory that process serves; its lock says who may take over at once
    process: str  # what people read: process 4711 on build-3
    until: datetime  # by the database's clock, which all machines share
