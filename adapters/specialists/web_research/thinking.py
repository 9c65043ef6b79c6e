"""The researcher's model: a loop with tools, and calls without any; the one file that knows pydantic-ai."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, Field

from adapters.specialists.web_research.asking import Unanswered
from adapters.specialists.web_research.settings import ResearchSettings
from adapters.web.verifying import Claim, Draft
from bot.errors import Reason

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import Model

INSTRUCTIONS: Final = Path(__file__).with_name("researcher.md")
REQUESTS: Final = 40
"""Of one loop; what it costs is bounded by the run, this only ends a model that goes in circles."""
OUTPUT_TOKENS: Final = 6_000

Paid = Callable[[int, float | None], None]
"""Told after each answer of the model: tokens, dollars (None: no list price)."""
Tool = Callable[..., Awaitable[str]]


class NoAnswer(Exception):
    """The model gave none: one sentence, and the reason in the house's words."""

    def __init__(self, message: str, reason: Reason) -> None:
        super().__init__(message)
        self.reason = reason


class _Proof(BaseModel):
    text: str
    url: str
    quote: str


class _Report(BaseModel):
    """The answer. Each of its lines ends with the numbers of its claims, as in [1] or [2, 3]."""

    answer: str
    claims: list[_Proof]
    open_questions: list[str] = Field(default_factory=list[str])
    confidence: Literal["low", "medium", "high"] = "low"


class Thinking:
    """``connect``: how a model is reached; an argument for those who have one already."""

    def __init__(self, settings: ResearchSettings, connect: Callable[[], Model] | None = None) -> None:
        self._settings = settings
        self._connect = connect or self._connected
        self._model: Model | None = None
        self._connecting = asyncio.Lock()
        self._http: Any = None

    async def loop(
        self, words: str, tools: Sequence[Tool], paid: Paid, go_on: Callable[[], bool]
    ) -> Draft | None:
        """What the model hands over; None once ``go_on`` is false. Raises NoAnswer or Unanswered."""
        from pydantic_ai import Agent, UsageLimits
        from pydantic_ai.exceptions import UsageLimitExceeded

        try:
            agent: Agent[None, _Report] = Agent(
                await self._reached(),
                output_type=_Report,
                instructions=self._text(),
                tools=list(tools),
                retries=2,
            )
            limits = UsageLimits(request_limit=REQUESTS)
            async with agent.iter(words, usage_limits=limits, model_settings=_settings()) as run:
                async for node in run:
                    if Agent.is_call_tools_node(node):
                        paid(*_paid(node.model_response))
                        if not go_on() and run.result is None:
                            return None
                return _draft(run.result.output) if run.result else None
        except UsageLimitExceeded:
            return None
        except Unanswered:
            raise
        except Exception as error:  # noqa: BLE001  every SDK has its own; all mean that there is no answer
            raise _no_answer(self._settings.model, error) from None

    async def write(self, words: str, paid: Paid) -> Draft:
        """One call without tools. Raises NoAnswer."""
        from pydantic_ai import Agent, UsageLimits, capture_run_messages

        with capture_run_messages() as messages:
            try:
                agent: Agent[None, _Report] = Agent(
                    await self._reached(), output_type=_Report, instructions=self._text(), retries=1
                )
                limits = UsageLimits(request_limit=2)
                found = await agent.run(words, usage_limits=limits, model_settings=_settings())
                return _draft(found.output)
            except Exception as error:  # noqa: BLE001  as above
                raise _no_answer(self._settings.model, error) from None
            finally:
                for message in messages:
                    if message.kind == "response":
                        paid(*_paid(message))

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None
        self._model = None

    def _text(self) -> str:
        return INSTRUCTIONS.read_text(encoding="utf-8")

    async def _reached(self) -> Model:
        """Connected in a thread: importing a provider's SDK takes seconds."""
        async with self._connecting:  # two first runs at once would open two clients and close one
            if self._model is None:
                self._model = await asyncio.to_thread(self._connect)
            return self._model

    def _connected(self) -> Model:
        from pydantic_ai.models import create_async_httpx2_client, infer_model
        from pydantic_ai.providers import Provider, infer_provider_class

        name, _, rest = self._settings.model.partition(":")
        self._http = create_async_httpx2_client()
        options = {
            "api_key": self._settings.key,
            "base_url": self._settings.base_url,
            "http_client": self._http,
        }

        def provider(kind: str) -> Provider[Any]:
            made = infer_provider_class(kind)
            known = signature(made.__init__).parameters
            return made(
                **{key: value for key, value in options.items() if value is not None and key in known}
            )

        return infer_model(f"openai-chat:{rest}" if name == "openai" else self._settings.model, provider)


def _settings() -> Any:
    from pydantic_ai.settings import ModelSettings

    return ModelSettings(max_tokens=OUTPUT_TOKENS, max_retries=1)


def _draft(report: _Report) -> Draft:
    claims = tuple(Claim(proof.text, proof.url, proof.quote) for proof in report.claims)
    return Draft(report.answer, claims, tuple(report.open_questions), report.confidence)


def _paid(response: ModelResponse) -> tuple[int, float | None]:
    try:
        usd = float(response.cost().total_price)
    except (LookupError, ValueError, AssertionError):
        usd = None
    return response.usage.input_tokens + response.usage.output_tokens, usd


_STATUS: Final = {
    401: (Reason.AUTH, "it refuses its key"),
    403: (Reason.AUTH, "its key may not use it"),
    404: (Reason.NOT_FOUND, "there is no such model or address"),
    429: (Reason.RATE_LIMIT, "it is asked too often, or its account is used up"),
}


def _no_answer(model: str, error: Exception) -> NoAnswer:
    """In our own words: a provider's may quote parts of a key."""
    status = getattr(error, "status_code", None)
    if isinstance(error, ModuleNotFoundError):
        return NoAnswer("The researcher needs frontdesk[models]; install it.", Reason.NOT_FOUND)
    if isinstance(status, int):
        reason, why = _STATUS.get(status, (Reason.OVERLOADED, f"status {status}"))
        return NoAnswer(f"The model {model} did not answer: {why}.", reason)
    return NoAnswer(f"The model {model} did not answer ({type(error).__name__}).", Reason.PROTOCOL)
