"""Which model reads the messages when the operator named none: one whose key or server is found, or none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from bot.settings.view import Settings

RULES: Final = "rules"
OLLAMA: Final = "http://127.0.0.1:11434"
PROBE_S: Final = 1.0
MAX_ANSWER_BYTES: Final = 1024 * 1024

DEFAULTS: Final = {"openai": "openai:gpt-6-luna", "anthropic": "anthropic:claude-haiku-5-5"}
"""Cheap and quick is right here: the secretary only reads and decides who works."""

_VARIABLES: Final = {
    "google": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "google-gla": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "azure": ("AZURE_OPENAI_API_KEY",),
    "cohere": ("CO_API_KEY",),
    "huggingface": ("HF_TOKEN",),
    "ollama": (),
    "vllm": (),
}


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What the secretary uses; ``why`` is one sentence for people."""

    model: str
    why: str
    base_url: str | None = None


def choose_model(settings: Settings) -> ModelChoice:
    """The configured model, else one that is found; asks at most one server, on loopback by default."""
    wanted = settings.secretary
    if wanted.model:
        return ModelChoice(wanted.model, "secretary.model names it.", wanted.base_url)
    for provider, model in DEFAULTS.items():
        if key_of(settings, provider):
            return ModelChoice(model, f"{variables_of(provider)[0]} is set.", wanted.base_url)
    server = ollama_url(settings.environ)
    if name := _first_model(server):
        return ModelChoice(f"ollama:{name}", f"Ollama answers at {server}.", f"{server}/v1")
    return ModelChoice(
        RULES, "No model key is set and no Ollama answers, so commands and simple rules decide."
    )


def variables_of(provider: str) -> tuple[str, ...]:
    """The usual names of the provider's key; empty when it needs none."""
    return _VARIABLES.get(provider, (f"{provider.upper().replace('-', '_')}_API_KEY",))


def key_of(settings: Settings, provider: str) -> str | None:
    """The provider's key, from the environment or a file."""
    return next((key for name in variables_of(provider) if (key := settings.secrets.get(name))), None)


def keys_of_models(settings: Settings, *models: str | None) -> dict[str, str]:
    """The keys of the providers of these models, by provider."""
    providers = {model.partition(":")[0] for model in models if model}
    return {provider: key for provider in sorted(providers) if (key := key_of(settings, provider))}


def ollama_url(environ: Mapping[str, str]) -> str:
    """OLLAMA_HOST may be a host, a host and port, or a URL; 0.0.0.0 is where it listens, not where it is."""
    host = environ.get("OLLAMA_HOST", "").strip().rstrip("/")
    if not host:
        return OLLAMA
    parts = urlsplit(host if "://" in host else f"//{host}", scheme="http")
    try:
        port = parts.port or 11434
    except ValueError:
        return OLLAMA
    name = "127.0.0.1" if parts.hostname in {None, "0.0.0.0"} else parts.hostname  # noqa: S104 - compared only
    return f"{parts.scheme}://{name}:{port}"


def answers(url: str, path: str, timeout_s: float = PROBE_S) -> tuple[int, bytes] | None:
    """Status and body of one plain GET, or None when nobody answers in time; follows no redirect."""
    import httpx  # only commands that look for a server pay for it

    try:
        with httpx.stream("GET", url.rstrip("/") + path, timeout=timeout_s, trust_env=False) as response:
            return response.status_code, _beginning(response.iter_bytes())
    except (httpx.HTTPError, httpx.InvalidURL):
        return None


def _beginning(chunks: Iterable[bytes]) -> bytes:
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) >= MAX_ANSWER_BYTES:
            break
    return body[:MAX_ANSWER_BYTES]


def _first_model(server: str) -> str | None:
    return next(iter(ollama_models(server)), None)


def ollama_models(server: str) -> list[str]:
    """What that Ollama has; empty when none answers."""
    answer = answers(server, "/api/tags")
    try:
        found: Any = json.loads(answer[1])["models"] if answer and answer[0] == 200 else []
        return [model["name"] for model in found if isinstance(model["name"], str)]
    except (ValueError, LookupError, TypeError):
        return []
