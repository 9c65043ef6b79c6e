"""The library's client, made once: its addresses, its time limits, and what it asks of Telegram."""

from __future__ import annotations

import os
from typing import Any, Final
from urllib.parse import urlsplit

os.environ.setdefault("PTB_TIMEDELTA", "true")  # else the library warns whenever Telegram is busy

from telegram import Bot
from telegram.request import HTTPXRequest

API_URL: Final = "https://api.telegram.org"
READ_WITHIN_S: Final = 20.0
UPLOAD_WITHIN_S: Final = 120.0
CONNECTIONS: Final = 32


def make_bot(token: str, api_url: str = API_URL, read_within_s: float = READ_WITHIN_S) -> Bot:
    """``api_url``: Telegram, a Bot API server of one's own, or whatever stands in front of them."""
    return Bot(
        token,
        base_url=f"{api_url}/bot",
        base_file_url=f"{api_url}/file/bot",
        request=_request(api_url, read_within_s),
        get_updates_request=_request(api_url, read_within_s),
    )


def id_of(token: str) -> str:
    """The bot's own number, the part before the secret."""
    return token.partition(":")[0]


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def _request(api_url: str, read_within_s: float) -> HTTPXRequest:
    more: dict[str, Any] = {"trust_env": False} if is_loopback(api_url) else {}  # no proxy to oneself
    return HTTPXRequest(
        CONNECTIONS,
        read_timeout=read_within_s,
        media_write_timeout=UPLOAD_WITHIN_S,
        pool_timeout=10.0,
        httpx_kwargs=more,
    )
