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
_HEAD: Final = 80
_LABELS: Final = 76
_GAP: Final = 36
_FIGURES: Final = 66
_SIZE: Final = 17

_PAPER: Final = "#ffffff"
_INK: Final = "#1f2430"
_FAINT: Final = "#6b7280"
_TRACK: Final = "#eef1f5"
SPEND: Final = "#2f6fde"
WORK: Final = "#e08a1e"
"""Two colours that are told apart without seeing red or green."""


def png(title: str, bars: Sequence[Bar]) -> bytes:
    """One row for each day: what was spent on the left, how many dispatches on the right."""
    image = Image.new("RGB", (WIDTH, height(len(bars))), _PAPER)
    draw = ImageDraw.Draw(image)
    font, small = ImageFont.load_default(_SIZE), ImageFont.load_default(_SIZE - 3)
    column = (WIDTH - 2 * _EDGE - _LABELS - _GAP) // 2
    spend_x, work_x = _EDGE + _LABELS, _EDGE + _LABELS + column + _GAP
    draw.text((_EDGE, 16), title, _INK, font)
    draw.text((spend_x, 52), "spend", SPEND, small)
    draw.text((work_x, 52), "dispatches", WORK, small)
    most_usd = max((bar.usd for bar in bars), default=0.0)
    most = max((bar.dispatches for bar in bars), default=0)
    for n, bar in enumerate(bars):
        y = _HEAD + n * ROW
        draw.text((_EDGE, y + 4), bar.label, _INK, font)
        _bar(draw, spend_x, y, column, bar.usd / most_usd if most_usd else 0.0, SPEND)
        _bar(draw, work_x, y, column, bar.dispatches / most if most else 0.0, WORK)
        _figure(draw, spend_x, y, column, _usd(bar.usd), small)
        _figure(draw, work_x, y, column, str(bar.dispatches or "-"), small)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def height(days: int) -> int:
    return _HEAD + ROW * days + _EDGE


def _usd(usd: float) -> str:
    if usd <= 0:
        return "-"
    return f"${usd:.2f}" if usd >= 0.005 else "<$0.01"


def _bar(draw: ImageDraw.ImageDraw, x: int, y: int, width: int, share: float, colour: str) -> None:
    """On a pale track, so that an empty day is a day as well."""
    full = width - _FIGURES
    draw.rectangle((x, y + 5, x + full, y + ROW - 9), fill=_TRACK)
    if share > 0:
        draw.rectangle((x, y + 5, x + max(round(full * share), 2), y + ROW - 9), fill=colour)


def _figure(
    draw: ImageDraw.ImageDraw,
    x: int,
    y: int,
    width: int,
    words: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    draw.text((x + width - _FIGURES + 8, y + 6), words, _FAINT, font)
