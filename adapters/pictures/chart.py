"""The chart of a digest as a PNG: spend and dispatches by day; the only file that knows Pillow.

Imported when the first one is drawn: the library takes a moment, and most processes draw nothing.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from bot.model.schedules import Bar

WIDTH: Final = 720
ROW: Final = 34
_EDGE: Final = 24
_HEAD: Final = 64
_LABELS: Final = 76
_GAP: Final = 36
_FIGURES: Final = 66
_SIZE: Final = 17

_PAPER: Final = "#ffffff"
_INK: Final = "#1f2430"
_FAINT: Final = "#6b7280"
_SPEND: Final = "#2f6fde"
_WORK: Final = "#e08a1e"
"""Two colours that are told apart without seeing red or green."""


def png(title: str, bars: Sequence[Bar]) -> bytes:
    """One row for each day: what was spent on the left, how many dispatches on the right."""
    height = _HEAD + ROW * len(bars) + _EDGE
    image = Image.new("RGB", (WIDTH, height), _PAPER)
    draw = ImageDraw.Draw(image)
    font, small = ImageFont.load_default(_SIZE), ImageFont.load_default(_SIZE - 3)
    column = (WIDTH - 2 * _EDGE - _LABELS - _GAP) // 2
    spend_x, work_x = _EDGE + _LABELS, _EDGE + _LABELS + column + _GAP
    draw.text((_EDGE, 12), title, _INK, font)
    draw.text((spend_x, 38), "spend", _SPEND, small)
    draw.text((work_x, 38), "dispatches", _WORK, small)
    most_usd = max((bar.usd for bar in bars), default=0.0)
    most = max((bar.dispatches for bar in bars), default=0)
    for n, bar in enumerate(bars):
        y = _HEAD + n * ROW
        draw.text((_EDGE, y + 4), bar.label, _INK, font)
        _bar(draw, spend_x, y, column, bar.usd / most_usd if most_usd else 0.0, _SPEND)
        _bar(draw, work_x, y, column, bar.dispatches / most if most else 0.0, _WORK)
        _figure(draw, spend_x, y, column, f"${bar.usd:.2f}" if bar.usd else "-", small)
        _figure(draw, work_x, y, column, str(bar.dispatches or "-"), small)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _bar(draw: ImageDraw.ImageDraw, x: int, y: int, width: int, share: float, colour: str) -> None:
    if share > 0:
        length = max(round((width - _FIGURES) * share), 2)
        draw.rectangle((x, y + 5, x + length, y + ROW - 9), fill=colour)


def _figure(
    draw: ImageDraw.ImageDraw,
    x: int,
    y: int,
    width: int,
    words: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    draw.text((x + width - _FIGURES + 8, y + 6), words, _FAINT, font)
