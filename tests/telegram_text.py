"""Markdown that broke other bots, and what Telegram's own rules say of a message."""

from __future__ import annotations

import json
from typing import Any, Final, cast

from adapters.chats.markup import utf16_units
from bot.model.posts import Part

TOKENS: Final = (
    *("```", "~~~~", "`", "**", "*", "__", "_", "~~", "||", "> ", ">", "- ", "1. ", "# ", "\n", "\n\n", "a"),
    *("word ", "🧑‍🚀", "é", "\t", "    ", "<", "</b>", "<b>", "<!--", "&lt;", "&", "[", "](", ")", "![", "!"),
    *("http://a.b/c_d_e", "tg://user?id=5", "| a | b |\n|---|---|\n", "---\n", "$", "\\", "\ue03c", "@ann"),
    *("[^1]: ", "- [ ] ", "- [x] ", "x" * 50, "\u200b", "\ufeff", "⬜ "),
)
NASTY: Final = {
    "nested list": "- a\n  - b\n    - c\n1. x\n   - y",
    "table": "| a | b |\n|---|--:|\n| 1 | `x|y` |\n| long | **b** |",
    "unclosed fence": "text\n```python\nx = 1\n",
    "script": "<script>alert(1)</script>\n\nafter <b>bold</b> <br> 1 < 2 && 3 > 2",
    "100 kB": "# Title\n\nSome **bold** and `code` and _it_.\n\n" * 2200,
    "brackets": "[" * 3000,
    "stars": "*" * 5000,
    "underscores": "a_b_c __init__ snake_case_name http://x.y/a_b_c_d",
    "backticks": "`` a ` b `` ``` x ``` `",
    "emphasis mess": "**a *b** c* ***d** e*",
    "deep quote": "> " * 60 + "x",
    "link mess": "[a](b [c](d) e) [x](<y z>) ![i](http://x/y.png) <http://z.y>",
    "html comment": "<!-- hidden --> shown",
    "control": "\x1b[31mred\x1b[0m \u202eevil\u2066x\u2069 \x00",
    "emoji": "👩🏽\u200d🚀" * 900,
    "long line": "word " * 3000,
    "one word": "x" * 20000,
    "many entities": "**a** `b` " * 400,
    "only markup": "** ** __ __ `` ``",
    "spaces": " \n \t \n",
}
"""Nineteen that were tried on eight libraries, three of which hung, and one with nothing in it."""


def message(part: Part) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(part.body))


def refusal(text: str, entities: list[dict[str, Any]]) -> str:
    """Why Telegram would not take it, by its documents; empty when it would."""
    if not text.strip():
        return "message text is empty"
    if (units := utf16_units(text)) > 4096:
        return f"message is too long: {units}"
    if len(entities) > 100:
        return f"{len(entities)} entities"
    borders = {utf16_units(text[:n]) for n in range(len(text) + 1)}
    around: list[int] = []
    for each in sorted(entities, key=lambda each: (each["offset"], -each["length"])):
        begin, end = each["offset"], each["offset"] + each["length"]
        if each["length"] <= 0 or begin not in borders or end not in borders:
            return f"entity out of range: {each}"
        while around and around[-1] <= begin:
            around.pop()
        if around and end > around[-1]:
            return f"entity is not nested: {each}"
        around.append(end)
    return ""
