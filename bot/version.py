"""Which Frontdesk this is; imports next to nothing, so that asking costs next to nothing."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed() -> str | None:
    """None for a source that runs without having been installed."""
    try:
        return version("frontdesk")
    except PackageNotFoundError:
        return None


def line() -> str:
    """What ``--version`` prints."""
    return f"frontdesk {installed() or '(not installed; run from its source)'}"
