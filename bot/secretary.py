"""Asks a model what happens with a message; the only file that knows pydantic-ai.

::

    short-cut ──▶ Decision
        │ none
        ▼
    model ──(unreadable: one repair)──▶ Decision
        │ fails: 429, 500, cut off, still unreadable, too slow
        ▼
    fallback model, or the same once more where that can help ──▶ Decision, with a note
        │ fails
        ▼
    rules mode ──▶ Decision, with a note that names what happened

A model has no tools here: it fills a form that holds only what can apply now (``proposals``). Summaries and
reports are calls without any form of action. The library and the provider's SDK are imported at the first
call, because they take seconds.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import structlog

from bot import proposals, rules, withheld
from bot.brief import Brief, Line
from bot.briefing import MESSAGE_CHARS, SUMMARY_CHARS, cut, plain_summary, quoted, render, transcript_line
from bot.errors import SecretaryError
from bot.model.decisions import Decision, Written
from bot.model.log import Tokens
from bot.ports import Health
from bot.prompts import text as prompt
from bot.selftest import self_test

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model
    from pydantic_ai.providers import Provider

_log = structlog.get_logger("secretary")

RULES: Final = "rules"
"""The name that means: no model at all."""
OUTPUT_TOKENS: Final = 4_000
"""Room for three specs, and for the thinking of a model that cannot be kept from it."""
FIRST_SHARE: Final = 0.6
"""Of the time, for the first model when there is another."""
OLLAMA_URL: Final = "http://127.0.0.1:11434/v1"

_AGAIN: Final = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
_ACCOUNTS: Final = ("openai-organization", "anthropic-organization-id")
"""Headers in which a provider tells whose key it was."""
_STATUS_WORDS: Final = {
    401: "its key was refused",
    402: "its account has no credit",
    403: "its key may not use it",
    404: "its provider does not know it",
    413: "the message was too long for it",
    429: "its provider asks us to wait",
    529: "its provider is overloaded",
}
_FAILED: Final = {True: "its provider failed", False: "it refused the request"}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Models:
    """Which models are asked, and how."""

    model: str = RULES  # provider:model, or "rules"
    fallback_model: str | None = None
    base_url: str | None = None  # of a server compatible with the first model's provider
    api_keys: Mapping[str, str] = field(default_factory=dict[str, str])  # by provider; else its variable
    timeout_s: float = 20.0  # for everything that one message asks of models
    pause_s: float = 0.5  # before the same model is asked once more


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    output: T
    by: str
    cost_usd: float | None
    tokens: Tokens | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """One tiny request that was answered."""

    seconds: float
    cost_usd: float | None
    account: str  # the organisation that the provider names in its answer; empty when it does not


class NotReached(SecretaryError):
    """One tiny request that was not."""

    def __init__(self, message: str, status: int | None) -> None:
        super().__init__(message)
        self.status = status  # of HTTP, when there was an answer


class NoAnswer(SecretaryError):
    """No model answered."""

    def __init__(self, message: str, cost_usd: float | None, tokens: Tokens | None) -> None:
        super().__init__(message)
        self.cost_usd, self.tokens = cost_usd, tokens  # of answers that could not be used


class Secretary:
    """Decides, summarises and reports; never raises because a model failed."""

    def __init__(self, models: Models, model_for: Callable[[str], Model] | None = None) -> None:
        self._models = models
        self._model_for = model_for or self._connect
        self._connected: dict[str, Model] = {}
        self._connecting = asyncio.Lock()
        self._http: Any = None
        self._account = ""  # whom the last answer was charged to

    async def decide(self, brief: Brief) -> Decision:
        if not brief.message.own and (decision := rules.shortcut(brief)):
            return decision
        if self._models.model == RULES or _is_idle_talk(brief):
            return rules.decide(brief)
        words = render(withheld.own_words(brief), secrets.token_hex(8))
        try:
            answer = await self._ask("secretary", words, proposals.form(brief))
        except NoAnswer as error:
            note = f"{error} I worked by rules this time." if brief.for_us else ""
            return replace(rules.decide(brief), note=note, cost_usd=error.cost_usd, tokens=error.tokens)
        decision = proposals.read(answer.output, brief)
        told = {"by": answer.by, "cost_usd": answer.cost_usd, "tokens": answer.tokens, "note": answer.note}
        return replace(decision, **told)

    async def summarise(self, lines: Sequence[Line], previous: str) -> Written:
        """The rolling summary that replaces ``previous`` and ``lines``, at most about 400 tokens."""
        fence = secrets.token_hex(8)
        said = "\n".join(transcript_line(line, fence) for line in map(withheld.line, lines))
        words = f"# Summary so far\n{quoted(previous or 'none', 'summary', fence)}\n\n# After it\n{said}"
        written = await self._write(
            "summary", words, lambda: plain_summary([*map(withheld.line, lines)], previous)
        )
        return replace(written, text=cut(written.text, SUMMARY_CHARS))

    async def report(self, question: str, untrusted: str) -> Written:
        """What a foreign text says about ``question``; nothing can follow from it but words."""
        fence = secrets.token_hex(8)
        material = quoted(cut(untrusted, MESSAGE_CHARS), "a specialist", fence)
        words = f"# The person's question\n{question}\n\n# The text\n{material}"
        return await self._write("report", words, lambda: cut(untrusted, MESSAGE_CHARS))

    async def self_test(self) -> Health:
        if self._models.model == RULES:
            return Health(True, "No model is configured: Frontdesk works by rules.")
        return await self_test(self._models.model, self.decide)

    async def reach(self, name: str) -> Reached:
        """Ask that model for one word, once; raises NotReached with the reason."""
        attempt = _Attempt("Answer with one word.", "Are you there?", str)
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._models.timeout_s):
                await attempt.run(await self._model(name))
        except Exception as error:  # noqa: BLE001  every SDK has its own; all mean that there is no answer
            status = getattr(error, "status_code", None)
            words = f"The model {name} did not answer ({_reason(error)})."
            raise NotReached(words, status if isinstance(status, int) else None) from None
        return Reached(asyncio.get_running_loop().time() - began, attempt.cost_usd, self._account)

    async def offered(self, name: str) -> list[str]:
        """The models that its provider lists for the key; empty when it does not tell."""
        provider = name.partition(":")[0]
        key = self._models.api_keys.get(provider, "")
        try:
            model = await self._model(name)
            anthropic = provider == "anthropic"
            headers = {"x-api-key": key, "anthropic-version": "2023-06-01"} if anthropic else {}
            headers |= {} if anthropic else {"authorization": f"Bearer {key}"}
            url = (model.base_url or "").rstrip("/") + ("/v1/models" if anthropic else "/models")
            answer = await self._http.get(url, headers=headers, timeout=self._models.timeout_s)
            return [str(entry["id"]) for entry in answer.json()["data"]]
        except Exception as error:  # noqa: BLE001  a list that is missing is no failure of its own
            _log.info("secretary.models_not_listed", model=name, reason=_reason(error))
            return []

    async def close(self) -> None:
        self._connected.clear()
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def _write(self, name: str, words: str, otherwise: Callable[[], str]) -> Written:
        if self._models.model == RULES:
            return Written(otherwise(), RULES, 0.0)
        try:
            answer = await self._ask(name, words, str)
        except NoAnswer as error:
            return Written(otherwise(), RULES, error.cost_usd, str(error), error.tokens)
        return Written(answer.output, answer.by, answer.cost_usd, answer.note, answer.tokens)

    async def _ask(self, instructions: str, words: str, output: type[T]) -> _Answer[T]:
        """The first model that answers within the time; raises NoAnswer with what each one said."""
        names = (self._models.model, self._models.fallback_model or self._models.model)
        alone = names[0] == names[1]
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._models.timeout_s
        attempt, failures = _Attempt(prompt(instructions), words, output), list[str]()
        for name in names:
            left_s = max(deadline - clock(), 0.0)
            try:
                async with asyncio.timeout(left_s if alone or failures else left_s * FIRST_SHARE):
                    found = await attempt.run(await self._model(name))
            except Exception as error:  # noqa: BLE001  every SDK has its own; all mean that there is no answer
                reason = _reason(error)
                _log.warning("secretary.failed", model=name, reason=reason)
                failures.append(f"The model {name} did not answer ({reason}).")
                if alone and (attempt.heard or not _may_pass(error)):
                    break
                await asyncio.sleep(self._models.pause_s if alone else 0)
            else:
                note = f"{failures[0]} {name} did." if failures and not alone else ""
                return _Answer(found, name, attempt.cost_usd, attempt.tokens, note)
        raise NoAnswer(" ".join(dict.fromkeys(failures)), attempt.cost_usd, attempt.tokens)

    async def _model(self, name: str) -> Model:
        """Connected in a thread: importing a provider's SDK takes seconds."""
        async with self._connecting:  # two first messages at once would open two clients and close one
            if name not in self._connected:
                self._connected[name] = await asyncio.to_thread(self._model_for, name)
            return self._connected[name]

    def _connect(self, name: str) -> Model:
        """The model that ``provider:model`` names; "openai" means the interface that all servers speak."""
        from pydantic_ai.models import infer_model

        provider, _, rest = name.partition(":")
        return infer_model(f"openai-chat:{rest}" if provider == "openai" else name, self._provider(name))

    def _provider(self, model: str) -> Callable[[str], Provider[Any]]:
        from pydantic_ai.models import create_async_httpx2_client
        from pydantic_ai.providers import infer_provider_class

        if self._http is None:
            self._http = create_async_httpx2_client()
            self._http.event_hooks["response"] = [self._note_account]
        wanted = model.partition(":")[0]
        base_url = self._models.base_url if wanted == self._models.model.partition(":")[0] else None
        if wanted == "ollama":
            base_url = base_url or OLLAMA_URL
        options = {
            "api_key": self._models.api_keys.get(wanted),
            "base_url": base_url,
            "http_client": self._http,
        }

        def provider(name: str) -> Provider[Any]:
            try:
                kind = infer_provider_class(name)
            except ValueError as error:
                raise SecretaryError(f"{error}; write provider:model, such as openai:gpt-5-mini") from error
            known = signature(kind.__init__).parameters
            if base_url and "base_url" not in known:
                raise SecretaryError(f"{wanted} takes no base_url; write openai:{model.partition(':')[2]}")
            return kind(
                **{key: value for key, value in options.items() if value is not None and key in known}
            )

        return provider

    async def _note_account(self, response: Any) -> None:
        self._account = next((response.headers[name] for name in _ACCOUNTS if name in response.headers), "")


class _Attempt(Generic[T]):
    """One question to a model, with one repair; counts what all tries together cost."""

    def __init__(self, instructions: str, words: str, output: type[T]) -> None:
        self._instructions = instructions
        self._words = words
        self._output = output
        self.heard = False  # some model said something, though perhaps not what was asked
        self.cost_usd: float | None = 0.0  # None: not known
        self.tokens: Tokens | None = None  # None: nothing was counted

    async def run(self, model: Model) -> T:
        from pydantic_ai import Agent, UsageLimits, capture_run_messages
        from pydantic_ai.settings import CacheConfig, ModelSettings

        agent = Agent(model, output_type=self._output, instructions=self._instructions, retries=1)
        settings = ModelSettings(
            max_tokens=OUTPUT_TOKENS, max_retries=0, thinking=False, cache=CacheConfig(messages=False)
        )
        with capture_run_messages() as messages:
            try:
                limits = UsageLimits(request_limit=2)
                return (await agent.run(self._words, model_settings=settings, usage_limits=limits)).output
            except asyncio.CancelledError:  # too late; the provider may charge for it all the same
                self.cost_usd = None
                raise
            finally:
                self._count(messages)

    def _count(self, messages: Sequence[ModelMessage]) -> None:
        for message in messages:
            if message.kind == "response":
                self.heard = True
                price, used = _price(message), message.usage
                tokens = Tokens(used.input_tokens, used.cache_read_tokens, used.output_tokens)
                self.tokens = tokens if self.tokens is None else self.tokens + tokens
                self.cost_usd = None if price is None or self.cost_usd is None else self.cost_usd + price


def _price(response: ModelResponse) -> float | None:
    """Dollars at list price; None for a model without one, and for an answer that told no usage."""
    try:
        return float(response.cost().total_price)
    except (LookupError, ValueError, AssertionError):
        return None


def _is_idle_talk(brief: Brief) -> bool:
    """People among themselves, where nothing of ours is going on: not worth a model's time."""
    return not brief.text or not (brief.for_us or brief.dispatches or brief.questions)


def _may_pass(error: Exception) -> bool:
    """Whether the same model may well answer when it is asked once more."""
    from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError, UnexpectedModelBehavior

    if isinstance(error, ModelHTTPError):
        return error.status_code in _AGAIN
    return isinstance(error, ModelAPIError | UnexpectedModelBehavior | OSError) and not isinstance(
        error, TimeoutError
    )


def _reason(error: Exception) -> str:
    """Why a model did not answer, in our own words: a provider's may quote parts of a key."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("pydantic_ai"):
        return "its library is missing: install frontdesk[models]"
    if isinstance(error, ImportError | SecretaryError):
        return _first_line(error)
    from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError, UnexpectedModelBehavior, UserError

    match error:
        case ModelHTTPError(status_code=status):
            return f"{status}: {_STATUS_WORDS.get(status) or _FAILED[status >= 500]}"
        case ModelAPIError() | OSError():
            return "no connection, or it was cut off"
        case UnexpectedModelBehavior():
            return "its answer could not be read"
        case UserError():
            return _first_line(error)
        case _:
            return type(error).__name__


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200].rstrip(".")
