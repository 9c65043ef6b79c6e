"""A supervisor's line to its house, which is older than the program and which that cannot take over.

    house listens ──▶ the supervisor calls ──▶ nobody else is heard ──▶ the program starts ──▶ the last word

The house takes the call of a child of its own and of nobody else. A program is the supervisor's child, and
the supervisor adopts what leaves it, so neither it nor another run can speak in the supervisor's place.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import struct
import sys
from contextlib import suppress
from typing import Final

from adapters.specialists.child.supervisor import parent_of

_MAX_BYTES: Final = 4096
_CREDENTIALS: Final = struct.Struct("3i")
"""pid, uid and gid of who called, as the kernel knows them. https://man7.org/linux/man-pages/man7/unix.7.html"""


class Channel:
    """For one launcher; Linux only, as what a supervisor has to say is."""

    def __init__(self) -> None:
        self.address: Final = f"frontdesk-{secrets.token_hex(16)}"
        self._listening: socket.socket | None = None
        self._call: socket.socket | None = None

    def listen(self) -> None:
        """For the start that follows; what an earlier one said is forgotten."""
        self.close()
        if sys.platform != "linux":
            return
        self._listening = listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.setblocking(False)
        listening.bind(f"\0{self.address}")
        listening.listen()
        asyncio.get_running_loop().add_reader(listening, self._take, listening)

    def last_word(self) -> bytes:
        """What the supervisor has said so far; empty when it had nothing to say."""
        with suppress(OSError):
            if self._call is not None:
                return self._call.recv(_MAX_BYTES)
        return b""

    def close(self) -> None:
        """A second call is harmless."""
        self._stop_listening()
        if self._call is not None:
            self._call.close()
            self._call = None

    def _take(self, listening: socket.socket) -> None:
        with suppress(OSError):  # who called has hung up
            call, _ = listening.accept()
            if not _is_ours(call):
                call.close()
                return
            call.setblocking(False)
            self._call = call
            self._stop_listening()

    def _stop_listening(self) -> None:
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._listening = None


def _is_ours(call: socket.socket) -> bool:
    """Whether who calls is a child of this process."""
    known = call.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, _, _ = _CREDENTIALS.unpack(known)
    return parent_of(str(pid)) == str(os.getpid())
