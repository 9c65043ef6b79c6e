"""One request to a model, and each way in which it fails, in words; the one file that knows pydantic-ai."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any, Final

from adapters.specialists.completion.settings import CompletionSettings, KnownModel
from bot.errors import Reason

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import Model

OUTPUT_TOKENS: Final = 8_000
OLLAMA_URL: Final = "http://127.0.0.1:11434/v1"
CHARS_PER_TOKEN: Final = 3.0
"""Fewer than most texts have, so that what is let through fits."""


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    usd: float | None  # None: neither the list nor the configuration has a price
    input_tokens: int
    output_tokens: int


class NoAnswer(Exception):
    """The model gave none: one sentence, and the reason in the house's words."""

    def __init__(
        self,
        message: str,
        reason: Reason,
        *,
        passes: bool = False,
        retry_after_s: float | None = None,
        usd: float | None = 0.0,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.passes = passes  # the same request may well be answered later
        self.retry_after_s = retry_after_s
        self.usd = usd  # what it cost all the same

    @property
    def stops_all(self) -> bool:
        """No other request to that model would fare better."""
        return self.reason in (Reason.AUTH, Reason.NOT_FOUND)


Connect = Callable[[str, KnownModel], "Model"]


class Asking:
    """``connect``: how a model is reached; an argument for those who have one already."""

    def __init__(self, settings: CompletionSettings, connect: Connect | None = None) -> None:
        self._settings = settings
        self._connect = connect or self._connected
        self._models: dict[str, Model] = {}
        self._http: Any = None

    async def ask(self, model: str, instructions: str, words: str) -> Answer:
        """Raises NoAnswer."""
        self._insist_on_room(model, instructions, words)
        try:
            async with asyncio.timeout(self._settings.answer_s):
                response = await self._requested(model, instructions, words)
        except NoAnswer:
            raise
        except TimeoutError:
            late = f"The model {model} did not answer within {self._settings.answer_s:g} s."
            raise NoAnswer(late, Reason.OVERLOADED, passes=True, usd=None) from None
        except Exception as error:  # noqa: BLE001  every SDK has its own; all mean that there is no answer
            raise _no_answer(model, error) from None
        return self._read(model, response)

    async def close(self) -> None:
        self._models.clear()
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    def _insist_on_room(self, model: str, instructions: str, words: str) -> None:
        context = self._settings.known(model).context
        tokens = int((len(instructions) + len(words)) / CHARS_PER_TOKEN)
        if context is not None and tokens + OUTPUT_TOKENS // 4 > context:
            raise NoAnswer(
                f"It is about {tokens:,} tokens, and {model} takes {context:,} at once.", Reason.TOO_LONG
            )

    async def _requested(self, model: str, instructions: str, words: str) -> ModelResponse:
        from pydantic_ai.direct import model_request
        from pydantic_ai.messages import ModelRequest, UserPromptPart
        from pydantic_ai.settings import ModelSettings

        request = ModelRequest(parts=[UserPromptPart(words)], instructions=instructions)
        settings = ModelSettings(max_tokens=OUTPUT_TOKENS, max_retries=0)  # each try of ours is counted
        return await model_request(await self._reached(model), [request], model_settings=settings)

    def _read(self, model: str, response: ModelResponse) -> Answer:
        usage, usd = response.usage, self._price(model, response)
        text = (response.text or "").strip()
        if response.finish_reason == "content_filter":
            raise NoAnswer(f"The model {model} refused to answer that.", Reason.REFUSED, usd=usd)
        if response.finish_reason == "length":
            words = f"The answer of {model} was longer than {OUTPUT_TOKENS:,} tokens and was cut off."
            raise NoAnswer(words, Reason.TOO_LONG, usd=usd)
        if not text:
            raise NoAnswer(f"The model {model} answered nothing.", Reason.PROTOCOL, passes=True, usd=usd)
        return Answer(text, usd, usage.input_tokens, usage.output_tokens)

    def _price(self, model: str, response: ModelResponse) -> float | None:
        known, usage = self._settings.known(model), response.usage
        if known.usd_per_million_in is not None and known.usd_per_million_out is not None:
            spent = usage.input_tokens * known.usd_per_million_in
            return (spent + usage.output_tokens * known.usd_per_million_out) / 1_000_000
        try:
            return float(response.cost().total_price)
        except (LookupError, ValueError, AssertionError):
            return None

    async def _reached(self, model: str) -> Model:
        """Connected in a thread: importing a provider's SDK takes seconds."""
        if model not in self._models:
            made = await asyncio.to_thread(self._connect, model, self._settings.known(model))
            self._models.setdefault(model, made)
        return self._models[model]

    def _connected(self, model: str, known: KnownModel) -> Model:
        from pydantic_ai.models import create_async_httpx2_client, infer_model
        from pydantic_ai.providers import Provider, infer_provider_class

        name, _, rest = model.partition(":")
        self._http = self._http or create_async_httpx2_client()
        base_url = known.base_url or (OLLAMA_URL if name == "ollama" else None)
        options = {"api_key": known.key, "base_url": base_url, "http_client": self._http}

        def provider(kind: str) -> Provider[Any]:
            made = infer_provider_class(kind)
            taken = signature(made.__init__).parameters
            return made(
                **{key: value for key, value in options.items() if value is not None and key in taken}
            )

        return infer_model(f"openai-chat:{rest}" if name == "openai" else model, provider)


_AGAIN: Final = frozenset({408, 409, 429, 500, 502, 503, 504, 529})


def _no_answer(model: str, error: Exception) -> NoAnswer:
    """In our own words: a provider's may quote parts of a key."""
    if isinstance(error, ModuleNotFoundError):
        return NoAnswer("Plain models need frontdesk[models]; install it.", Reason.NOT_FOUND)
    from pydantic_ai import exceptions as theirs

    status = getattr(error, "status_code", None)
    said = f"The model {model} did not answer:"
    match error:
        case theirs.ModelContextWindowExceededError():
            return NoAnswer(f"{said} the text is too long for it.", Reason.TOO_LONG)
        case theirs.ModelAuthenticationError():
            return NoAnswer(f"{said} it refuses its key.", Reason.AUTH)
        case theirs.ModelQuotaExceededError():
            return NoAnswer(f"{said} its account has no credit left.", Reason.AUTH)
        case theirs.ModelRateLimitError():
            wait_s = error.retry_after
            return NoAnswer(
                f"{said} it is asked too often.", Reason.RATE_LIMIT, passes=True, retry_after_s=wait_s
            )
        case theirs.ModelNotFoundError():
            return NoAnswer(f"{said} there is no such model or address.", Reason.NOT_FOUND)
        case theirs.ModelHTTPError():
            return _by_status(said, error.status_code, error.retry_after)
        case theirs.ContentFilterError():
            return NoAnswer(f"The model {model} refused to answer that.", Reason.REFUSED, usd=None)
        case theirs.UserError():  # a provider that does not exist, a key that is missing
            return NoAnswer(f"{said} it is not set up; `frontdesk doctor` says what is missing.", Reason.AUTH)
        case theirs.ModelAPIError() | OSError():
            words = f"{said} no connection, or it was cut off."
            return NoAnswer(words, Reason.OVERLOADED, passes=True, usd=None)
        case theirs.UnexpectedModelBehavior():
            return NoAnswer(f"{said} what it sent could not be read.", Reason.PROTOCOL, passes=True, usd=None)
        case _:
            kind = type(error).__name__
            return NoAnswer(f"{said} {kind}{f' {status}' if status else ''}.", Reason.PROTOCOL, passes=True)


def _by_status(said: str, status: int, retry_after_s: float | None) -> NoAnswer:
    match status:
        case 401 | 403:
            return NoAnswer(f"{said} it refuses its key.", Reason.AUTH)
        case 402:
            return NoAnswer(f"{said} its account has no credit left.", Reason.AUTH)
        case 404:
            return NoAnswer(f"{said} there is no such model or address.", Reason.NOT_FOUND)
        case 413:
            return NoAnswer(f"{said} the text is too long for it.", Reason.TOO_LONG)
        case 429:
            return NoAnswer(
                f"{said} it is asked too often.", Reason.RATE_LIMIT, passes=True, retry_after_s=retry_after_s
            )
        case _ if status in _AGAIN:
            return NoAnswer(
                f"{said} status {status}.", Reason.OVERLOADED, passes=True, retry_after_s=retry_after_s
            )
        case _:
            return NoAnswer(f"{said} it does not take the request (status {status}).", Reason.INPUT)
