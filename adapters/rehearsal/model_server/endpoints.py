"""The addresses of the rehearsed platform, and a request's way from arrival to answer."""

import json
import logging
from dataclasses import replace
from typing import Final

from adapters.rehearsal.model_server.anthropic_messages import AnthropicMessages
from adapters.rehearsal.model_server.asked import Asked
from adapters.rehearsal.model_server.delivery import (
    NO_FAULT,
    as_json,
    as_problem,
    as_stream,
    as_whole,
    meet_before_headers,
)
from adapters.rehearsal.model_server.dialect import Dialect, Refused
from adapters.rehearsal.model_server.faults import Faults
from adapters.rehearsal.model_server.journal import Journal, Request
from adapters.rehearsal.model_server.openai_chat import OpenAIChat
from adapters.rehearsal.model_server.payload import table
from adapters.rehearsal.model_server.player import cue
from adapters.rehearsal.model_server.reply import compose, tokens_in
from adapters.rehearsal.model_server.script import FaultKind, Script
from adapters.rehearsal.wire import Answer, Connection, Hangup, Incoming

_log = logging.getLogger(__name__)
_OPENAI: Final = OpenAIChat()
_ANTHROPIC: Final = AnthropicMessages()
_CHAT, _MESSAGES = "/v1/chat/completions", "/v1/messages"
_COUNT, _MODELS = "/v1/messages/count_tokens", "/v1/models"
_METHODS: Final = {_CHAT: "POST", _MESSAGES: "POST", _COUNT: "POST", _MODELS: "GET"}
_SOME_MODELS: Final = ("gpt-5-mini", "claude-haiku-4-5", "claude-opus-5-5")
MAX_BODY_BYTES: Final = 32 * 1024 * 1024
"""Of a Messages API request. https://docs.anthropic.com/en/api/errors#request-size-limits"""
ACCOUNT: Final = "org-rehearsal"
_ACCOUNTS: Final = {"openai": "openai-organization", "anthropic": "anthropic-organization-id"}
"""The header in which each platform names the organisation of the key."""
_KEY_HEADERS: Final = ("authorization", "x-api-key")


class Endpoints:
    """Answers requests from a script and writes them into a journal."""

    def __init__(self, script: Script, journal: Journal, faults: Faults) -> None:
        self._script, self._journal, self._faults = script, journal, faults

    async def respond(self, connection: Connection, incoming: Incoming) -> Answer:
        """The answer to one request; a script that fails is a failing platform, and says so."""
        dialect = _dialect(incoming)
        try:
            return await self._respond(connection, incoming, dialect)
        except Hangup:
            raise
        except Exception as error:  # noqa: BLE001 (a door: whatever a callable in the script raises)
            _log.exception("rehearsal.script_failed")
            return as_problem(dialect, Refused(500, f"The script of the rehearsal failed: {error!r}"))

    async def _respond(self, connection: Connection, incoming: Incoming, dialect: Dialect) -> Answer:
        entry = _entry(incoming, dialect)
        try:
            _check_address(incoming)
            dialect.check_headers(incoming.headers)
            if incoming.path.startswith(_MODELS):
                answer = self._models(incoming.path, dialect)
                await self._journal.add(entry)
                return answer
            counting = incoming.path == _COUNT
            asked = dialect.read(_body(incoming), incoming.headers, counting=counting)
            self._check_model(asked.model, dialect)
        except Refused as refused:
            await self._journal.add(replace(entry, status=refused.status))
            return as_problem(dialect, refused)
        if counting:
            await self._journal.add(_told(entry, asked))
            return as_json({"input_tokens": tokens_in(asked, self._script.usage)})
        return await self._generate(connection, dialect, asked, _told(entry, asked))

    async def _generate(
        self, connection: Connection, dialect: Dialect, asked: Asked, entry: Request
    ) -> Answer:
        now = cue(self._script, asked)
        met = self._faults.next(now, asked.model)
        fault = met or NO_FAULT
        refused_at_once = fault.kind is FaultKind.STATUS and (fault.after is None or not asked.stream)
        status = fault.status if refused_at_once else 200
        kind = met.kind if met else None
        await self._journal.add(replace(entry, rule=now.rule, step=now.index, fault=kind, status=status))
        try:
            await meet_before_headers(fault, connection, streamed=asked.stream)
        except Refused as refused:
            return as_problem(dialect, refused)
        reply = compose(now.step, asked, self._script.usage, truncated=fault.kind is FaultKind.TRUNCATED)
        if asked.stream:
            events = dialect.stream(reply, with_usage=asked.stream_usage)
            answer = as_stream(events, fault, connection, dialect)
        else:
            answer = as_whole(dialect.whole(reply), fault, connection)
        return replace(answer, headers={**answer.headers, _ACCOUNTS[dialect.name]: ACCOUNT})

    def _models(self, path: str, dialect: Dialect) -> Answer:
        names = self._script.models or _SOME_MODELS
        if path == _MODELS:
            return as_json(dialect.models(names))
        name = path.removeprefix(f"{_MODELS}/")
        if name not in names:
            raise dialect.unknown_model(name)
        return as_json(dialect.model(name))

    def _check_model(self, name: str, dialect: Dialect) -> None:
        if self._script.models and name not in self._script.models:
            raise dialect.unknown_model(name)


def _dialect(incoming: Incoming) -> Dialect:
    if incoming.path == _CHAT:
        return _OPENAI
    is_anthropic = incoming.path.startswith(_MESSAGES) or "anthropic-version" in incoming.headers
    return _ANTHROPIC if is_anthropic else _OPENAI


def _check_address(incoming: Incoming) -> None:
    known = _MODELS if incoming.path.startswith(f"{_MODELS}/") else incoming.path
    if known not in _METHODS:
        raise Refused(404)
    if incoming.method != _METHODS[known]:
        raise Refused(405)


def _body(incoming: Incoming) -> dict[str, object]:
    if len(incoming.body) > MAX_BODY_BYTES:
        raise Refused(413)
    try:
        body: object = json.loads(incoming.body)
    except ValueError as error:
        raise Refused(400) from error
    if not isinstance(body, dict):
        raise Refused(400)
    return table(body)  # pyright: ignore[reportUnknownArgumentType] any JSON object


def _entry(incoming: Incoming, dialect: Dialect) -> Request:
    return Request(
        path=incoming.path,
        protocol=dialect.name,
        has_key=dialect.has_key(incoming.headers),
        headers={name: value for name, value in incoming.headers.items() if name not in _KEY_HEADERS},
        raw=incoming.body.decode("utf-8", "replace"),
        status=200,
    )


def _told(entry: Request, asked: Asked) -> Request:
    return replace(
        entry,
        model=asked.model,
        kind=asked.kind,
        system=asked.system,
        prompt=asked.prompt,
        tools=tuple(tool.name for tool in asked.tools),
        tool_choice=asked.body.get("tool_choice"),
    )
