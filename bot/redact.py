"""Takes secrets out of everything that leaves: posts, logs, results, error messages.

First the house's own secrets, exactly and in the disguises they travel in (URL-encoded, base64, JSON), then
whatever has the shape of a well-known key. A stream is cut only where no secret can lie across the cut.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast
from urllib.parse import quote, quote_plus

MASK: Final = "[redacted]"

_MIN_CHARS: Final = 6
_MIN_LINE_CHARS: Final = 16
"""A line of a secret of several lines is hidden by itself when it is at least so long."""

MAX_TOKEN_CHARS: Final = 8192
_MAX_KEY_CHARS: Final = 16_384

_SHAPES: Final = tuple(
    (hint, re.compile(shape.replace("$", f",{MAX_TOKEN_CHARS}")))
    for hint, shape in (
        ("sk-", r"\bsk-[A-Za-z0-9_-]{16$}"),  # OpenAI, Anthropic, OpenRouter, DeepSeek
        ("xox", r"\bxox[a-z]-[A-Za-z0-9-]{10$}"),  # Slack
        ("xapp-", r"\bxapp-[A-Za-z0-9-]{10$}"),  # Slack, app level
        ("gh", r"\bgh[opsur]_[A-Za-z0-9]{20$}"),  # GitHub
        ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{20$}"),
        ("glpat-", r"\bglpat-[A-Za-z0-9_-]{16$}"),  # GitLab
        ("AKIA", r"\bAKIA[A-Z0-9]{16}\b"),  # AWS
        ("ASIA", r"\bASIA[A-Z0-9]{16}\b"),
        ("AIza", r"\bAIza[A-Za-z0-9_-]{30$}"),  # Google
        (":", r"(?<!\d)\d{8,10}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),  # Telegram
        ("eyJ", r"\beyJ[A-Za-z0-9_-]{8$}\.[A-Za-z0-9_-]{8$}\.[A-Za-z0-9_-]{8$}"),  # JSON web tokens
        ("k_", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16$}"),  # Stripe
        ("npm_", r"\bnpm_[A-Za-z0-9]{20$}"),
        ("hf_", r"\bhf_[A-Za-z0-9]{20$}"),
        ("earer ", r"(?<=[Bb]earer )(?=[^\s\d=]{0,99}[\d=])[A-Za-z0-9._~+/-]{16$}={0,2}"),
        ("asic ", r"(?<=[Bb]asic )(?=[^\s\d=]{0,99}[\d=])[A-Za-z0-9+/]{16$}={0,2}"),
        ("://", r"(?<=://)[^\s/:@]{0,256}:[^\s/@]{1,1024}(?=@)"),  # user:password in a URL
        (
            "PRIVATE KEY-----",
            rf"-----BEGIN [A-Z ]{{0,40}}PRIVATE KEY-----[\s\S]{{0,{_MAX_KEY_CHARS}}}?"
            r"(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
        ),
    )
)
"""What a token looks like, after a hint that it, or what stands before it, contains; hints are found fast."""

_LOOK_BEHIND: Final = 8
"""The longest of the conditions on what stands before a token."""

_LONGEST: Final = 3 * MAX_TOKEN_CHARS + 128
_SECRET_KEY: Final = re.compile(
    r"(?i)(?:^|[_-])(?:token|secret|password|passwd|api[_-]?key|authorization|cookie|credentials?)$"
)


class Redactor:
    """Knows the secrets of the configuration, and never forgets one that it has learned; safe to share."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._exact: tuple[str, ...] = ()
        self.hold_chars = _LONGEST
        """No secret is longer; so much a stream keeps back."""
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """From now on hide these too."""
        forms = {*self._exact, *(form for secret in secrets for form in _forms(secret))}
        self._exact = tuple(sorted(forms, key=lambda form: (-len(form), form)))
        self.hold_chars = max(_LONGEST, *(len(form) for form in self._exact[:1]), 0)

    def redact(self, text: str) -> str:
        return _masked(text, self.spans(text), 0, len(text))

    def value(self, value: object, key: str = "") -> object:
        """The same value without secrets: text, and the inside of lists and mappings."""
        match value:
            case str():
                return MASK if value and _SECRET_KEY.search(key) else self.redact(value)
            case bytes():
                return self.redact(value.decode(errors="replace"))
            case Mapping():
                table = cast("Mapping[object, object]", value)
                return {self.redact(str(name)): self.value(item, str(name)) for name, item in table.items()}
            case list() | tuple() | set() | frozenset():
                return [self.value(item, key) for item in cast("Iterable[object]", value)]
            case bool() | int() | float() | None:
                return value
            case _:
                return self.redact(str(value))

    def stream(self) -> RedactingStream:
        return RedactingStream(self)

    def spans(self, text: str, begin: int = 0) -> list[tuple[int, int]]:
        """Where secrets lie, in order, overlapping ones as one."""
        merged: list[tuple[int, int]] = []
        for start, end in sorted(self._found(text, begin)):
            if merged and start < merged[-1][1]:
                merged[-1] = merged[-1][0], max(end, merged[-1][1])
            else:
                merged.append((start, end))
        return merged

    def _found(self, text: str, begin: int) -> Iterator[tuple[int, int]]:
        for form in self._exact:
            start = text.find(form, begin)
            while start >= 0:
                yield start, start + len(form)
                start = text.find(form, start + len(form))
        for hint, shape in _SHAPES:
            if hint in text:
                yield from (match.span() for match in shape.finditer(text, begin))


class RedactingStream:
    """Redacts text that arrives in pieces as if it had come at once; keeps back a bounded tail."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""
        self._seen: int = 0  # how much of _held was given out and is kept only for patterns that look behind

    def feed(self, chunk: str) -> str:
        """What can be given out now; may be empty."""
        self._held += chunk
        if len(self._held) - self._seen < 2 * self._redactor.hold_chars:
            return ""
        return self._give(len(self._held) - self._redactor.hold_chars)

    def close(self) -> str:
        """The rest."""
        return self._give(len(self._held))

    def _give(self, cut: int) -> str:
        spans = self._redactor.spans(self._held, self._seen)
        cut = next((start for start, end in spans if start < cut < end), cut)
        given = _masked(self._held, [span for span in spans if span[1] <= cut], self._seen, cut)
        keep = max(cut - _LOOK_BEHIND, 0)
        self._held, self._seen = self._held[keep:], cut - keep
        return given


def _masked(text: str, spans: Iterable[tuple[int, int]], begin: int, end: int) -> str:
    parts: list[str] = []
    for start, stop in spans:
        parts += text[begin:start], MASK
        begin = stop
    return "".join([*parts, text[begin:end]])


def _forms(secret: str) -> Iterator[str]:
    """A secret as written and in the disguises it travels in."""
    lines = [line.strip() for line in secret.splitlines()] if "\n" in secret else []
    for text in (secret, *(line for line in lines if len(line) >= _MIN_LINE_CHARS)):
        if len(text) >= _MIN_CHARS:
            yield from (text, quote(text, safe=""), quote(text), quote_plus(text))
            yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1])
            yield from _base64_forms(text.encode(errors="surrogatepass"))


def _base64_forms(secret: bytes) -> Iterator[str]:
    """For each place where it can begin inside longer base64, without the mixed characters at its ends."""
    for offset in range(3):
        usable = (offset + len(secret)) * 8 // 6
        for encode in (b64encode, urlsafe_b64encode):
            encoded = encode(bytes(offset) + secret).decode()[(offset * 8 + 5) // 6 : usable]
            if len(encoded) >= _MIN_CHARS:
                yield encoded
