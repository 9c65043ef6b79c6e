"""Every parser of what others wrote, in one list, and how its fuzz tests are marked and sized.

`pytest --hypothesis-profile=long` tries each of them five thousand times instead of forty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

T = TypeVar("T")

PARSERS: Final = frozenset(
    {
        "adapters.chats.markup.neutralise",
        "adapters.chats.slack.forms",
        "adapters.chats.slack.reading.Reader.read",
        "adapters.chats.telegram.reading.Reader.read",
        "adapters.chats.markup.plain",
        "adapters.chats.markup.split",
        "adapters.chats.terminal.typed.read",
        "adapters.hearing.transcriber.words_in",
        "adapters.rehearsal.bot_api.methods.METHODS",
        "adapters.rehearsal.bot_api.reading.read",
        "adapters.rehearsal.model_server.anthropic_messages.AnthropicMessages.read",
        "adapters.rehearsal.model_server.openai_chat.OpenAIChat.read",
        "adapters.rehearsal.scripted_chat.wire.read",
        "adapters.specialists.child.environment.worker_environment",
        "adapters.specialists.child.process.Identity.from_json",
        "adapters.specialists.child.resources.Verdict.parse",
        "adapters.specialists.claude_code.checklist.Checklist.record",
        "adapters.specialists.claude_code.payload",
        "adapters.specialists.claude_code.transcripts",
        "adapters.specialists.claude_code.translate.Translator.events",
        "adapters.specialists.claude_code.trust",
        "adapters.specialists.completion.lists",
        "adapters.specialists.completion.schema",
        "adapters.web.searching.found",
        "bot.answers",
        "bot.cli.parameters.Id",
        "bot.cli.setup.surroundings.described",
        "bot.commands.parse",
        "bot.planning.read",
        "bot.proposals.read",
        "bot.rules.decide",
        "bot.settings.load",
        "bot.settings.view.read_env_file",
        "bot.settings.worked",
        "bot.shortcuts.shortcut",
        "bot.when.read",
        "storage.columns.Document",
    }
)
"""What reads text, bytes or JSON that a person, a model, a program or a repository has written."""

NOT_FOREIGN: Final = {
    "bot.model_settings": "the configuration file, which is read whole and checked elsewhere",
    "adapters.rehearsal.model_server.endpoints": "hands bodies to the dialects, which are in the list",
    "adapters.rehearsal.model_server.journal": "reads what it wrote itself",
    "adapters.rehearsal.model_server.load": "a script of the tests",
    "adapters.rehearsal.scripted_chat.journal": "reads what it wrote itself, through wire",
    "adapters.rehearsal.scripted_chat.platform": "reads what it wrote itself, through wire",
    "adapters.rehearsal.scripted_specialist.play": "a script of the tests",
    "adapters.rehearsal.scripted_specialist.transcript": "reads what it wrote itself",
    "adapters.chats.slack.rendering": "reads what it wrote itself",
    "adapters.rehearsal.slack_api.asked": "what a client under test sends, refused in Slack's words",
    "adapters.rehearsal.slack_api.calls": "what an app under test answers",
    "adapters.rehearsal.slack_api.socket": "what an app under test answers",
    "adapters.chats.terminal.seen": "reads what it wrote itself",
    "adapters.chats.telegram.polling": "what Telegram answers, each update of it through reading",
    "adapters.chats.telegram.rendering": "reads what it wrote itself",
    "adapters.chats.telegram.webhook": "who knows the secret, through reading",
    "adapters.specialists.claude_code.approvals": "a row of ours, bound by its hash",
    "adapters.specialists.claude_code.health": "what `claude auth status` prints, read through payload",
    "adapters.specialists.child.supervisor": "the plan that the launcher wrote",
    "adapters.specialists.completion.answering": "what schema has checked before",
    "adapters.specialists.journal": "reads what it wrote itself",
    "adapters.specialists.sandbox.claude_own": "the canary's own run",
    "adapters.specialists.sandbox.probe": "the plan that the proof wrote",
    "adapters.specialists.sandbox.proof": "the canary's report",
    "bot.cli.events": "rows of ours",
    "bot.holding": "what the house of this home wrote, any mistake in which counts as unsigned",
    "bot.in_force": "what the house of this home wrote",
    "bot.settings.editing": "reads again what it is about to write, and refuses it in words",
    "bot.settings.migrating": "the operator's own file, which bot.settings.load has refused or read before",
    "bot.masking": "the canonical input of an approval, and whatever is no JSON is masked as text",
    "bot.low_risk": "a row of ours, bound by its hash",
    "bot.presses": "a row of ours",
    "bot.settlement": "an event that the house stored itself",
    "bot.shortage": "a button's argument, which the house wrote itself",
    "bot.shown": "the canonical input of an approval, which the adapter made",
    "bot.settings.models": "what Ollama on this machine answers, any mistake of which counts as no Ollama",
    "bot.settings.sources": "the file and the environment, through bot.settings.load",
    "storage.migrations.versions.0002_team": "rows of ours",
    "storage.news": "what another process of the same house wrote",
}
"""Modules that read JSON or TOML and need no fuzz test, with the reason."""

JSON: Final[st.SearchStrategy[Any]] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_QUICK: Final = 40


def jsons_with(*keys: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have these keys with values of any kind, as a program of another version would send."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys((*keys, "unheard_of"), JSON))


def object_of(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with exactly these fields."""
    return st.fixed_dictionaries(dict(fields))


def attempt(call: Callable[[], T], refusal: type[Exception]) -> tuple[T | None, str]:
    """What it gave, or the words it was refused with; any other exception is the test's."""
    try:
        return call(), ""
    except refusal as refused:
        return None, str(refused) or type(refused).__name__


def fuzzes(
    *parsers: str, **strategies: st.SearchStrategy[Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A test of these parsers of the list, with arguments from ``strategies``."""

    def marked(test: Callable[..., None]) -> Callable[..., None]:
        times = 5_000 if settings.get_current_profile_name() == "long" else _QUICK
        sized = settings(
            max_examples=times,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
        )
        made = sized(given(**strategies)(test))
        made.fuzzes = frozenset(parsers)  # type: ignore[attr-defined]  # read by the test of the list
        return made

    return marked
