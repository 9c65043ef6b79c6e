"""The text of a PDF, as much as may be had in the time; the one file that knows pypdf."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final

from adapters.web.pages import MAX_TITLE_CHARS, Page
from adapters.web.records import WebError

MAX_PAGES: Final = 200


def read_pdf(body: bytes, max_chars: int, go_on: Callable[[], bool]) -> Page:
    """Raises WebError when it is broken, encrypted or made of images."""
    import pypdf  # late, an extra
    from pypdf.errors import PyPdfError

    pieces: list[str] = []
    try:
        reader = pypdf.PdfReader(io.BytesIO(body))
        title = str((reader.metadata.title if reader.metadata else "") or "")
        for page in reader.pages[:MAX_PAGES]:
            if not go_on() or sum(map(len, pieces)) > max_chars:
                break
            pieces.append(page.extract_text())
    except (PyPdfError, ValueError, TypeError, LookupError, AttributeError, RecursionError, OSError) as error:
        raise WebError("The PDF cannot be read.") from error
    text = "\n\n".join(pieces).strip()
    if not text:
        raise WebError("The PDF holds no text.")
    return Page(" ".join(title.split())[:MAX_TITLE_CHARS], text)
