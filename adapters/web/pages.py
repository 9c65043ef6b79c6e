"""A page's bytes become what a person would read of it; the one file that knows trafilatura and lxml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from adapters.web.records import WebError

MAX_LINKS: Final = 100
MAX_TITLE_CHARS: Final = 200
_FEW_CHARS: Final = 200
"""Below it the main text was probably not found, and all visible words are taken."""

_HIDDEN: Final = (
    "//*[@hidden] | //template | //script | //style | //noscript | //*[@aria-hidden='true'] | //comment()"
    " | //*[contains(concat(' ', normalize-space(@class), ' '), ' sr-only ')]"
    " | //*[contains(concat(' ', normalize-space(@class), ' '), ' visually-hidden ')]"
)
_UNSEEN: Final = re.compile(
    r"display:none|visibility:(hidden|collapse)|opacity:0(\.0+)?(;|$)|font-size:[01](\.\d+)?(px|pt|em|rem|%)?(;|$)"
    r"|(left|top|text-indent|right|bottom):-\d{3,}|(width|height):0(px)?(;|$)|clip(-path)?:(rect\(0|inset\(\s*(50|100)%)"
    r"|color:(transparent|rgba\([^)]*,0(\.0+)?\))"
)
_BLOCKS: Final = frozenset(
    ("p", "div", "li", "tr", "br", "td", "th", "dt", "dd", "pre", "section", "article")
) | {f"h{level}" for level in range(1, 7)}


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    text: str
    links: tuple[str, ...] = ()  # as they stand there


def read_html(body: bytes, charset: str | None) -> Page:
    """Raises WebError when there is nothing to read in it."""
    import trafilatura  # late: it is an extra, and a house without research does without

    html = _lxml()
    try:
        parser = html.HTMLParser(encoding=_known(charset), remove_comments=True, huge_tree=False)
        tree = html.document_fromstring(body, parser=parser)
    except (html.etree.LxmlError, ValueError, AssertionError) as error:
        raise WebError("The page cannot be read.") from error
    title = _plain(" ".join(str(words) for words in tree.xpath("//head/title[1]//text()")))
    links = tuple(dict.fromkeys(str(link) for link in tree.xpath("//a/@href")))[:MAX_LINKS]
    _strip(tree)
    found: str | None = trafilatura.extract(
        tree, include_comments=False, include_tables=True, favor_recall=True, deduplicate=False
    )
    text = found or ""
    return Page(title[:MAX_TITLE_CHARS], text if len(text) >= _FEW_CHARS else _visible(tree), links)


def _lxml() -> Any:
    from lxml import html  # pyright: ignore[reportMissingTypeStubs]  # it ships none

    return html


def read_text(body: bytes, charset: str | None) -> Page:
    return Page("", body.decode(_known(charset) or "utf-8", "replace"))


def _known(charset: str | None) -> str | None:
    try:
        return charset if charset and "".encode(charset) == b"" else None
    except LookupError:
        return None


def _strip(tree: Any) -> None:
    """What is there for programs and not for people."""
    styled = [node for node in tree.xpath("//*[@style]") if _is_unseen(str(node.get("style")))]
    for node in [*tree.xpath(_HIDDEN), *styled]:
        if node.getparent() is not None:
            node.drop_tree()


def _is_unseen(style: str) -> bool:
    return _UNSEEN.search(re.sub(r"\s+|!important", "", style.lower())) is not None


def _visible(tree: Any) -> str:
    """All words that are left, a line per block."""
    for node in tree.iter():
        if node.tag in _BLOCKS:
            node.tail = "\n" + (node.tail or "")
    lines = (_plain(line) for line in str(tree.text_content()).splitlines())
    return "\n".join(line for line in lines if line)


def _plain(text: str) -> str:
    return " ".join(text.split())
