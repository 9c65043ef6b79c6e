"""OpenAI chat completions, as documented at https://platform.openai.com/docs/api-reference/chat."""

import json
from collections.abc import Mapping
from typing import Final

from adapters.rehearsal.model_server.asked import Asked, Tool, Turn, Vendor, alternating
from adapters.rehearsal.model_server.dialect import Headers, Refused
from adapters.rehearsal.model_server.payload import compact, items, pieces, table, text, texts
from adapters.rehearsal.model_server.reply import Call, Reply, Tally

_CREATED: Final = 1_767_225_600  # fixed, so that two plays of a script are the same
_ROLES: Final = ("system", "assistant", "user", "function", "tool", "developer")
_STOPS: Final = {"end": "stop", "tools": "tool_calls", "length": "length"}
_PROBLEMS: Final[Mapping[int, tuple[str, str | None, str]]] = {
    400: ("invalid_request_error", None, "We could not parse the JSON body of your request."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: ("invalid_request_error", None, "You are not allowed to sample from this model."),
    404: ("invalid_request_error", None, "Invalid URL."),
    405: ("invalid_request_error", "method_not_supported", "Not allowed to use this method on this URL."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests. Please try again later."),
    500: ("server_error", None, "The server had an error while processing your request. Sorry about that!"),
    503: ("server_error", None, "That model is currently overloaded with other requests."),
}


class OpenAIChat:
    @property
    def name(self) -> Vendor:
        return "openai"

    def has_key(self, headers: Headers) -> bool:
        return headers.get("authorization", "").removeprefix("Bearer").strip() != ""

    def check_headers(self, headers: Headers) -> None:
        if not self.has_key(headers):
            raise Refused(
                401,
                "You didn't provide an API key. You need to provide your API key in an Authorization header "
                "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
                code="",
            )

    def read(self, body: Mapping[str, object], headers: Headers, *, counting: bool = False) -> Asked:  # noqa: ARG002
        _check(body)
        messages = [table(message) for message in items(body.get("messages"))]
        told = [
            said
            for one in messages
            if one.get("role") in ("system", "developer")
            for said in texts(one["content"])
        ]
        choice = body.get("tool_choice")
        json_text = table(body.get("response_format"))
        return Asked(
            protocol=self.name,
            model=text(body.get("model")),
            system="\n".join(told),
            turns=alternating(
                [_turn(one) for one in messages if one.get("role") not in ("system", "developer")]
            ),
            tools=tuple(_tool(table(tool)) for tool in items(body.get("tools"))),
            forced_tool=text(table(table(choice).get("function")).get("name")) or None,
            must_use_tool=choice == "required",
            schema=_schema(json_text),
            stream=body.get("stream") is True,
            stream_usage=table(body.get("stream_options")).get("include_usage") is True,
            agent=headers.get("user-agent", ""),
            body=body,
        )

    def whole(self, reply: Reply) -> dict[str, object]:
        message: dict[str, object] = {"role": "assistant", "content": reply.text or None, "refusal": None}
        if reply.calls:
            message["tool_calls"] = [
                {
                    "id": f"call_{one.id}",
                    "type": "function",
                    "function": {"name": one.tool, "arguments": one.arguments},
                }
                for one in reply.calls
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _STOPS[reply.stop]}
        return {**_envelope(reply, "chat.completion"), "choices": [choice], "usage": _usage(reply.tally)}

    def stream(self, reply: Reply, *, with_usage: bool) -> list[bytes]:
        opening: dict[str, object] = {"role": "assistant", "content": "" if reply.text else None}
        deltas: list[dict[str, object]] = [opening, *({"content": piece} for piece in pieces(reply.text))]
        for index, call in enumerate(reply.calls):
            deltas += _call_deltas(index, call)
        chunks = [_chunk(reply, delta, None, with_usage=with_usage) for delta in deltas]
        chunks.append(_chunk(reply, {}, _STOPS[reply.stop], with_usage=with_usage))
        if with_usage:
            usage: dict[str, object] = {"choices": [], "usage": _usage(reply.tally)}
            chunks.append({**_envelope(reply, "chat.completion.chunk"), **usage})
        return [*(_event(compact(chunk)) for chunk in chunks), _event("[DONE]")]

    def problem(self, refused: Refused) -> dict[str, object]:
        usual = _PROBLEMS.get(refused.status, _PROBLEMS[500 if refused.status >= 500 else 400])
        kind, code, message = usual
        code = code if refused.code is None else refused.code or None
        return {
            "error": {
                "message": refused.message or message,
                "type": kind,
                "param": refused.param,
                "code": code,
            }
        }

    def problem_event(self, refused: Refused) -> bytes:
        return _event(compact(self.problem(refused)))

    def unknown_model(self, name: str) -> Refused:
        message = f"The model `{name}` does not exist or you do not have access to it."
        return Refused(404, message, code="model_not_found")

    def models(self, names: tuple[str, ...]) -> dict[str, object]:
        return {"object": "list", "data": [self.model(name) for name in names]}

    def model(self, name: str) -> dict[str, object]:
        return {"id": name, "object": "model", "created": _CREATED, "owned_by": "rehearsal"}


def _check(body: Mapping[str, object]) -> None:
    for name in ("model", "messages"):
        if name not in body:
            raise Refused(400, f"Missing required parameter: '{name}'.", name, "missing_required_parameter")
    messages = body["messages"]
    if not isinstance(messages, list):
        kind = "Invalid type for 'messages': expected an array of objects."
        raise Refused(400, kind, "messages", "invalid_type")
    if not messages:
        short = "empty array. Expected an array with minimum length 1, but got an empty array instead."
        raise Refused(400, f"Invalid 'messages': {short}", "messages", "empty_array")
    _check_messages([table(message) for message in items(body["messages"])])
    wants_json = table(body.get("response_format")).get("type") == "json_object"
    if wants_json and "json" not in json.dumps(messages).lower():
        hint = "must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        raise Refused(400, f"'messages' {hint}", "messages")


def _check_messages(messages: list[dict[str, object]]) -> None:
    """Roles, and that tool calls and their results stand together."""
    open_calls: set[str] = set()
    for at, message in enumerate(messages):
        role, place = message.get("role"), f"messages[{at}].role"
        if role not in _ROLES:
            known = "', '".join(_ROLES)
            raise Refused(
                400, f"Invalid value: '{role}'. Supported values are: '{known}'.", place, "invalid_value"
            )
        if role == "tool":
            if message.get("tool_call_id") not in open_calls:
                orphan = (
                    "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
                )
                raise Refused(400, f"Invalid parameter: {orphan}", place)
            open_calls.discard(text(message.get("tool_call_id")))
            continue
        _check_answered(open_calls, place)
        open_calls = {text(table(call).get("id")) for call in items(message.get("tool_calls"))}
        if role != "assistant" and message.get("content") is None:
            empty = "Invalid value for 'content': expected a string, got null."
            raise Refused(400, empty, f"messages.[{at}].content")
    _check_answered(open_calls, f"messages[{len(messages)}].role")


def _check_answered(open_calls: set[str], place: str) -> None:
    if open_calls:
        missing = ", ".join(sorted(open_calls))
        raise Refused(
            400,
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {missing}",
            place,
        )


def _turn(message: Mapping[str, object]) -> Turn:
    said = texts(message.get("content"))
    match message.get("role"):
        case "assistant":
            calls = [table(table(call).get("function")) for call in items(message.get("tool_calls"))]
            return Turn("assistant", said, calls=tuple(text(call.get("name")) for call in calls))
        case "tool" | "function":
            return Turn("user", results=said)
        case _:
            return Turn("user", said)


def _tool(tool: Mapping[str, object]) -> Tool:
    function = table(tool.get("function"))
    return Tool(text(function.get("name")), table(function.get("parameters")))


def _schema(wanted: Mapping[str, object]) -> Mapping[str, object] | None:
    if wanted.get("type") not in ("json_schema", "json_object"):
        return None
    return table(table(wanted.get("json_schema")).get("schema"))


def _envelope(reply: Reply, kind: str) -> dict[str, object]:
    return {
        "id": f"chatcmpl-{reply.id}",
        "object": kind,
        "created": _CREATED,
        "model": reply.model,
        "service_tier": "default",
        "system_fingerprint": "fp_rehearsal",
    }


def _call_deltas(index: int, call: Call) -> list[dict[str, object]]:
    function = {"name": call.tool, "arguments": ""}
    head = {"index": index, "id": f"call_{call.id}", "type": "function", "function": function}
    rest = [{"index": index, "function": {"arguments": piece}} for piece in pieces(call.arguments)]
    return [{"tool_calls": [part]} for part in (head, *rest)]


def _chunk(
    reply: Reply, delta: dict[str, object], stop: str | None, *, with_usage: bool
) -> dict[str, object]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": stop}
    chunk = {**_envelope(reply, "chat.completion.chunk"), "choices": [choice]}
    return {**chunk, "usage": None} if with_usage else chunk


def _usage(tally: Tally) -> dict[str, object]:
    return {
        "prompt_tokens": tally.input,
        "completion_tokens": tally.output,
        "total_tokens": tally.input + tally.output,
        "prompt_tokens_details": {"cached_tokens": tally.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _event(data: str) -> bytes:
    return f"data: {data}\n\n".encode()
