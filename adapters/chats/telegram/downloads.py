"""A file from Telegram, piece by piece: how big it is may be known only once it is here."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import httpx

from adapters.chats.telegram.bot import is_loopback
from adapters.chats.telegram.failures import RETRY_S
from bot.errors import ChatError
from bot.model.conversations import FileRef

PIECE_BYTES: Final = 256 * 1024


async def load(file: FileRef, path: str, max_bytes: int, within_s: float) -> bytes:
    """Not more than ``max_bytes``, whatever was said before. ``path``: an address with the token in it."""
    if path.startswith("http"):
        content = await _loaded(path, max_bytes, within_s)
    else:
        content = await asyncio.to_thread(_read, path, max_bytes)
    if len(content) > max_bytes:
        raise too_big(file, len(content), max_bytes)
    return content


def too_big(file: FileRef, size: int, max_bytes: int) -> ChatError:
    return ChatError(f"{file.name!r} has {size} bytes or more; the limit is {max_bytes}.")


async def _loaded(url: str, max_bytes: int, within_s: float) -> bytes:
    """As far as it is wanted; a little more tells that it is too big."""
    content = bytearray()
    try:
        async with (
            httpx.AsyncClient(trust_env=not is_loopback(url), timeout=within_s) as client,
            client.stream("GET", url) as answer,
        ):
            if not answer.is_success:
                raise ChatError(f"Telegram does not hand the file over (status {answer.status_code}).")
            async for piece in answer.aiter_bytes(PIECE_BYTES):
                content += piece
                if len(content) > max_bytes:
                    break
    except httpx.HTTPError as error:
        why = type(error).__name__  # its words may hold the address, and so the token
        said = f"The file broke off on its way from Telegram ({why})."
        raise ChatError(said, retry_after_s=RETRY_S) from None
    return bytes(content)


def _read(path: str, max_bytes: int) -> bytes:
    """A Bot API server of one's own lays files beside us."""
    try:
        with Path(path).open("rb") as file:
            return file.read(max_bytes + 1)
    except OSError as error:
        raise ChatError(f"The file that Telegram names cannot be read ({error.strerror}).") from error
