"""Words of a message as HTML: Markdown as its blocks carry it, and Slack's own older way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import Final

from markdown_it import MarkdownIt

from adapters.rehearsal.slack_api.blocks import texts

_MENTION: Final = re.compile(r"&lt;@([UW][A-Z0-9]+)(?:\|[^&<>]*)?&gt;")
_LINK: Final = re.compile(r"<(?P<target>[^<>|\n]+)(?:\|(?P<label>[^<>\n]*))?>")
_INLINE: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"```\n?(.+?)\n?```", re.DOTALL), r"<pre>\1</pre>"),
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_])_([^_\n]+)_(?![\w_])"), r"<i>\1</i>"),
)
_SAFE: Final = ("https://", "http://", "mailto:")


class Words:
    def __init__(self, names: Mapping[str, str]) -> None:
        """``names``: of people, by their ids."""
        self._names = names
        # Without raw HTML and pictures: nothing runs, and nothing is loaded from elsewhere.
        self._markdown = MarkdownIt("js-default", {"html": False, "breaks": True}).disable("image")

    def markdown(self, text: str) -> str:
        return _MENTION.sub(self._named, self._markdown.render(text))

    def mrkdwn(self, text: str) -> str:
        """https://docs.slack.dev/messaging/formatting-message-text"""
        parts, at = list[str](), 0
        for link in _LINK.finditer(text):
            parts += [_formatted(text[at : link.start()]), self._linked(link["target"], link["label"])]
            at = link.end()
        return "".join([*parts, _formatted(text[at:])])

    def of_any(self, block: object) -> str:
        """All words of a block that has no picture of its own here."""
        return "<br>".join(map(escape, texts(block)))

    def _linked(self, target: str, label: str | None) -> str:
        if target.startswith("@"):
            return self._mention(target[1:], label)
        if target.startswith(("!", "#")):
            return f'<span class="mention">{escape(label or target)}</span>'
        shown = escape(unescape(label or target))
        href = escape(unescape(target))
        return f'<a href="{href}" rel="noreferrer">{shown}</a>' if target.startswith(_SAFE) else shown

    def _named(self, found: re.Match[str]) -> str:
        return self._mention(found[1], None)

    def _mention(self, id: str, label: str | None) -> str:
        return f'<span class="mention">@{escape(self._names.get(id) or label or id)}</span>'


def _formatted(text: str) -> str:
    """Slack escapes three characters only; whatever else came in is escaped here."""
    shown = escape(unescape(text), quote=True)
    for pattern, replacement in _INLINE:
        shown = pattern.sub(replacement, shown)
    return shown.replace("\n", "<br>")
