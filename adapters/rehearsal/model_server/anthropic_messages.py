"""Anthropic messages, as documented at https://docs.anthropic.com/en/api/messages and messages-streaming."""

import json
import re
from collections.abc import Mapping
from typing import Final

from adapters.rehearsal.model_server.asked import Asked, Tool, Turn, Vendor, alternating, steered
from adapters.rehearsal.model_server.dialect import Headers, Refused
from adapters.rehearsal.model_server.payload import compact, items, pieces, table, text, texts
from adapters.rehearsal.model_server.reply import Reply, Tally

_CREATED_AT: Final = "2026-01-01T00:00:00Z"
_STOPS: Final = {"end": "end_turn", "tools": "tool_use", "length": "max_tokens"}
_MID_CONVERSATION: Final = re.compile(r"\b(mid-conversation|per-turn-control)")
_PROBLEMS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("invalid_request_error", "The request body is not valid JSON."),
    401: ("authentication_error", "invalid x-api-key"),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "Not Found"),
    405: ("invalid_request_error", "Method Not Allowed"),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: ("rate_limit_error", "This request would exceed your account's rate limit. Please try again later."),
    500: ("api_error", "Internal server error"),
    529: ("overloaded_error", "Overloaded"),
}
"""https://docs.anthropic.com/en/api/errors"""


class AnthropicMessages:
    @property
    def name(self) -> Vendor:
        return "anthropic"

    def has_key(self, headers: Headers) -> bool:
        bearer = headers.get("authorization", "").removeprefix("Bearer").strip()
        return bool(headers.get("x-api-key", "").strip() or bearer)

    def check_headers(self, headers: Headers) -> None:
        if not self.has_key(headers):
            raise Refused(401, "x-api-key header is required")
        if "anthropic-version" not in headers:
            raise Refused(400, "anthropic-version: header is required")

    def read(self, body: Mapping[str, object], headers: Headers, *, counting: bool = False) -> Asked:
        _check(body, headers, counting=counting)
        messages = [table(message) for message in items(body.get("messages"))]
        told = [*texts(body.get("system"))]
        told += [
            said for one in messages if one.get("role") == "system" for said in texts(one.get("content"))
        ]
        choice = table(body.get("tool_choice"))
        return Asked(
            protocol=self.name,
            model=text(body.get("model")),
            system="\n".join(told),
            turns=alternating([_turn(one) for one in messages]),
            tools=tuple(_tool(table(tool)) for tool in items(body.get("tools"))),
            forced_tool=text(choice.get("name")) or None,
            must_use_tool=choice.get("type") == "any",
            schema=_schema(body),
            stream=body.get("stream") is True,
            stream_usage=True,
            agent=headers.get("user-agent", ""),
            body=body,
        )

    def whole(self, reply: Reply) -> dict[str, object]:
        content: list[dict[str, object]] = [{"type": "text", "text": reply.text}] if reply.text else []
        content += [
            {"type": "tool_use", "id": f"toolu_{one.id}", "name": one.tool, "input": _parsed(one.arguments)}
            for one in reply.calls
        ]
        return {**_message(reply, content), "stop_reason": _STOPS[reply.stop], "usage": _usage(reply.tally)}

    def stream(self, reply: Reply, *, with_usage: bool) -> list[bytes]:  # noqa: ARG002 (always in a stream)
        opening = {**_message(reply, []), "usage": {**_usage(reply.tally), "output_tokens": 1}}
        events = [_event("message_start", message=opening)]
        index = 0
        if reply.text:
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces(reply.text)]
            events += _block(index, {"type": "text", "text": ""}, deltas)
            index += 1
        for call in reply.calls:
            block: dict[str, object] = {
                "type": "tool_use",
                "id": f"toolu_{call.id}",
                "name": call.tool,
                "input": {},
            }
            deltas = [
                {"type": "input_json_delta", "partial_json": piece} for piece in ("", *pieces(call.arguments))
            ]
            events += _block(index, block, deltas)
            index += 1
        events.insert(2, _event("ping"))
        delta = {"stop_reason": _STOPS[reply.stop], "stop_sequence": None}
        events.append(_event("message_delta", delta=delta, usage=_usage(reply.tally)))
        return [*events, _event("message_stop")]

    def problem(self, refused: Refused) -> dict[str, object]:
        usual = _PROBLEMS.get(refused.status, _PROBLEMS[500 if refused.status >= 500 else 400])
        kind, message = usual
        error = {"type": kind, "message": refused.message or message}
        return {"type": "error", "error": error, "request_id": "req_rehearsal"}

    def problem_event(self, refused: Refused) -> bytes:
        return f"event: error\ndata: {compact(self.problem(refused))}\n\n".encode()

    def unknown_model(self, name: str) -> Refused:
        return Refused(404, f"model: {name}")

    def models(self, names: tuple[str, ...]) -> dict[str, object]:
        data = [self.model(name) for name in names]
        return {"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]}

    def model(self, name: str) -> dict[str, object]:
        return {"type": "model", "id": name, "display_name": name, "created_at": _CREATED_AT}


def _check(body: Mapping[str, object], headers: Headers, *, counting: bool) -> None:
    for name in ("model", "messages") if counting else ("model", "max_tokens", "messages"):
        if name not in body:
            raise Refused(400, f"{name}: Field required")
    messages = body["messages"]
    if not isinstance(messages, list):
        raise Refused(400, "messages: Input should be a valid list")
    if not messages:
        raise Refused(400, "messages: at least one message is required")
    calls: list[str] = []
    for at, message in enumerate(table(one) for one in items(body["messages"])):
        _check_role(message, headers)
        if message.get("role") == "system":
            continue
        calls = _check_blocks(at, message, calls)


def _check_role(message: Mapping[str, object], headers: Headers) -> None:
    """Newer clients may put "system" between the messages, and say so in a beta header."""
    role, betas = message.get("role"), headers.get("anthropic-beta", "")
    if role in ("user", "assistant") or (role == "system" and _MID_CONVERSATION.search(betas)):
        return
    if role == "system":
        hint = (
            'The Messages API accepts a top-level `system` parameter, not "system" as an input message role.'
        )
        raise Refused(400, f'messages: Unexpected role "system". {hint}')
    raise Refused(400, f'messages: Unexpected role "{role}". Allowed roles are "user" or "assistant"')


def _check_blocks(at: int, message: Mapping[str, object], calls: list[str]) -> list[str]:
    """The tool calls that the next message must answer; ``calls`` are those that this one must."""
    if not isinstance(message.get("content"), str | list):
        raise Refused(400, f"messages.{at}.content: Field required")
    blocks = [table(block) for block in items(message.get("content"))]
    answered = [text(block.get("tool_use_id")) for block in blocks if block.get("type") == "tool_result"]
    for number, block in enumerate(blocks):
        if block.get("type") == "text" and not text(block.get("text")):
            raise Refused(400, f"messages.{at}: text content blocks must be non-empty")
        if block.get("type") == "tool_result" and block.get("tool_use_id") not in calls:
            raise Refused(400, _orphan(f"messages.{at}.content.{number}", text(block.get("tool_use_id"))))
    if missing := [call for call in calls if call not in answered]:
        raise Refused(400, _unanswered(at - 1, missing))
    return [text(block.get("id")) for block in blocks if block.get("type") == "tool_use"]


def _orphan(place: str, call: str) -> str:
    return (
        f"{place}: unexpected `tool_use_id` found in `tool_result` blocks: {call}. "
        "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
    )


def _unanswered(at: int, calls: list[str]) -> str:
    return (
        f"messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(calls)}. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )


def _turn(message: Mapping[str, object]) -> Turn:
    content = message.get("content")
    blocks = [table(block) for block in items(content)]
    if message.get("role") == "system":
        return Turn("user", tuple(said for told in texts(content) for said in steered(told)))
    if message.get("role") == "assistant":
        calls = tuple(text(block.get("name")) for block in blocks if block.get("type") == "tool_use")
        return Turn("assistant", texts(content), calls=calls)
    results = [texts(block.get("content")) for block in blocks if block.get("type") == "tool_result"]
    return Turn("user", texts(content), results=tuple("\n".join(result) for result in results))


def _tool(tool: Mapping[str, object]) -> Tool:
    return Tool(text(tool.get("name")), table(tool.get("input_schema")))


def _schema(body: Mapping[str, object]) -> Mapping[str, object] | None:
    wanted = table(table(body.get("output_config")).get("format")) or table(body.get("output_format"))
    return table(wanted.get("schema")) if wanted.get("type") == "json_schema" else None


def _message(reply: Reply, content: list[dict[str, object]]) -> dict[str, object]:
    return {
        "id": f"msg_{reply.id}",
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
    }


def _usage(tally: Tally) -> dict[str, object]:
    """Here, unlike at OpenAI, ``input_tokens`` leaves out what the cache gave or took."""
    return {
        "input_tokens": max(1, tally.input - tally.cache_read - tally.cache_write),
        "cache_creation_input_tokens": tally.cache_write,
        "cache_read_input_tokens": tally.cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": tally.cache_write, "ephemeral_1h_input_tokens": 0},
        "output_tokens": tally.output,
        "service_tier": "standard",
    }


def _block(index: int, block: dict[str, object], deltas: list[dict[str, str]]) -> list[bytes]:
    return [
        _event("content_block_start", index=index, content_block=block),
        *(_event("content_block_delta", index=index, delta=delta) for delta in deltas),
        _event("content_block_stop", index=index),
    ]


def _parsed(arguments: str) -> object:
    """A tool's input; one that was cut short arrives as an empty object when it is not streamed."""
    try:
        return json.loads(arguments)
    except json.JSONDecodeError:
        return {}


def _event(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: {compact({'type': kind, **fields})}\n\n".encode()
