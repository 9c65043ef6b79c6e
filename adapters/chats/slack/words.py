"""Words on their way in and out: Slack's escapes undone, and nothing that pings people made by accident."""

from __future__ import annotations

import re
from typing import Final

from adapters.chats import markup

_LINK: Final = re.compile(r"<(?P<mark>[@#!]?)(?P<target>[^<>|\n]{1,3000})(?:\|(?P<label>[^<>\n]{0,3000}))?>")
_PINGS: Final = (
    re.compile(r"<(?=[!@#][A-Za-z])"),
    re.compile(r"@(?=(?:channel|here|everyone|group)\b)", re.IGNORECASE),
)
_PICTURE: Final = re.compile(r"!(?=\[[^\[\]\n]{0,500}\]\()")
_APART: Final = "\u200b"


def own_words(text: str, bot: str) -> str:
    """What a person typed: without the mention that only addresses us.

    https://docs.slack.dev/messaging/formatting-message-text
    """
    shown = re.sub(rf"^\s*<@{re.escape(bot)}(?:\|[^<>]*)?>[ ,:]*", "", text)
    return unescaped(_LINK.sub(_as_typed, shown))


def mentions(text: str, user: str) -> bool:
    return re.search(rf"<@{re.escape(user)}(?:\|[^<>]*)?>", text) is not None


def mentions_somebody(text: str) -> bool:
    return re.search(r"<@[UW][A-Z0-9]+(?:\|[^<>]*)?>", text) is not None


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def harmless(markdown: str) -> str:
    """``markdown`` that calls nobody, loads no picture and hides nothing."""
    shown = markup.neutralise(markdown)
    for ping in _PINGS:
        shown = ping.sub(lambda found: found[0] + _APART, shown)
    lines = (
        _PICTURE.sub("", text) if kind is markup.LineKind.TEXT else text for kind, text in markup.lines(shown)
    )
    return "\n".join(lines)


def _as_typed(found: re.Match[str]) -> str:
    mark, target, label = found["mark"], found["target"], found["label"]
    match mark:
        case "@" | "#":
            return f"{mark}{label or target}"
        case "!":
            return f"@{target}" if label is None else label
        case _:
            shown = target.removeprefix("mailto:").removeprefix("tel:")
            return shown if label in (None, "", shown, target) else f"{label} ({target})"
