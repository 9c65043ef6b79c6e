"""The rehearsed model platform, met by the real clients: both vendors' SDKs and pydantic-ai."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import openai
import pytest
from anthropic.types import MessageParam
from openai.types.chat import ChatCompletionMessageParam
from pydantic_ai import Agent, NativeOutput

from adapters.rehearsal.model_server import Decide, ModelServer, Script, Usage, rule, step
from tests.model_clients import (
    ANTHROPIC_TOOL,
    OPENAI_TOOL,
    READ_TWO,
    Verdict,
    clients,
    complete,
    converse,
    models,
)


async def test_an_openai_reply_is_the_same_whole_and_streamed() -> None:
    """Text, parallel tool calls, stop reason and figures above zero arrive in either form."""
    async with (
        ModelServer(Script(rules=(rule("read", [READ_TWO]),))) as server,
        clients(server) as (client, _),
    ):
        prompt: list[ChatCompletionMessageParam] = [{"role": "user", "content": "read"}]
        whole = await client.chat.completions.create(model="m", tools=[OPENAI_TOOL], messages=prompt)
        async with client.chat.completions.stream(
            model="m", tools=[OPENAI_TOOL], messages=prompt, stream_options={"include_usage": True}
        ) as stream:
            streamed = await stream.get_final_completion()
    for reply in (whole, streamed):
        choice = reply.choices[0]
        calls = [call.function for call in choice.message.tool_calls or [] if call.type == "function"]
        assert choice.message.content == "Both at once."
        assert choice.finish_reason == "tool_calls"
        assert [json.loads(call.arguments)["path"] for call in calls] == ["a", "b"]
        assert reply.usage is not None
        assert min(reply.usage.prompt_tokens, reply.usage.completion_tokens) > 0
        assert reply.usage.prompt_tokens_details is not None
        assert (reply.usage.prompt_tokens_details.cached_tokens or 0) > 0


async def test_an_anthropic_reply_is_the_same_whole_and_streamed() -> None:
    """Text, parallel tool calls, stop reason and figures above zero arrive in either form."""
    async with (
        ModelServer(Script(rules=(rule("read", [READ_TWO]),))) as server,
        clients(server) as (_, client),
    ):
        prompt: list[MessageParam] = [{"role": "user", "content": "read"}]
        whole = await client.messages.create(model="m", max_tokens=9, tools=[ANTHROPIC_TOOL], messages=prompt)
        async with client.messages.stream(
            model="m", max_tokens=9, tools=[ANTHROPIC_TOOL], messages=prompt
        ) as stream:
            streamed = await stream.get_final_message()
        counted = await client.messages.count_tokens(model="m", tools=[ANTHROPIC_TOOL], messages=prompt)
    for reply in (whole, streamed):
        inputs = [block.input for block in reply.content if block.type == "tool_use"]
        assert [block.text for block in reply.content if block.type == "text"] == ["Both at once."]
        assert inputs == [{"path": "a"}, {"path": "b", "note": "ü" * 40}]
        assert reply.stop_reason == "tool_use"
        usage = reply.usage
        assert min(usage.input_tokens, usage.output_tokens) > 0
        assert min(usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0) > 0
    assert counted.input_tokens > 0


async def test_both_vendors_list_their_models_in_their_own_way() -> None:
    """The one address /v1/models answers each SDK in its shape, and an unknown model is refused by name."""
    async with ModelServer(Script(models=("small", "large"))) as server, clients(server) as (first, second):
        assert [model.id async for model in first.models.list()] == ["small", "large"]
        assert [model.id async for model in second.models.list()] == ["small", "large"]
        assert (await second.models.retrieve("large")).display_name == "large"
        with pytest.raises(openai.NotFoundError, match="`huge` does not exist"):
            await complete(first, "hello", model="huge")


async def test_a_decision_comes_in_the_form_that_was_asked_for() -> None:
    """pydantic-ai reads the same scripted decision from an output tool and from JSON text."""
    script = Script(
        rules=(rule("hello", [Decide({"say": "hi {{who}}", "count": 2})], find={"who": r"I am (\w+)"}),)
    )
    async with ModelServer(script) as server, clients(server) as (first, second):
        for model in models(first, second):
            tool = await Agent(model, output_type=Verdict).run("Hello, I am Ann")
            text = await Agent(model, output_type=NativeOutput(Verdict)).run("Hello, I am Bob")
            assert (tool.output, text.output) == (
                Verdict(say="hi Ann", count=2),
                Verdict(say="hi Bob", count=2),
            )
            assert tool.usage.cache_read_tokens > 0
    assert {request.kind for request in server.journal} == {"decision"}


async def test_a_repair_of_a_wrong_decision_plays_the_next_step() -> None:
    """A decision that does not validate is asked for again, and the second step answers."""
    steps = [Decide({"say": "no count"}), Decide({"say": "better", "count": 1})]
    async with (
        ModelServer(Script(rules=(rule("hello", steps),))) as server,
        clients(server) as (first, second),
    ):
        for model in models(first, second):
            for output in (Verdict, NativeOutput(Verdict)):
                assert (await Agent(model, output_type=output, retries=1).run("hello")).output.say == "better"


async def test_the_same_words_are_told_apart_by_who_hears_them() -> None:
    """A rule that decides is for structured requests only, so secretary and specialist may share words."""
    script = Script(
        rules=(rule("fix it", [Decide({"say": "on it", "count": 1})]), rule("fix it", ["I fixed it."]))
    )
    async with ModelServer(script) as server, clients(server) as (first, second):
        assert (
            await Agent(models(first, second)[0], output_type=Verdict).run("fix it")
        ).output.say == "on it"
        assert await complete(first, "fix it") == "I fixed it."


async def test_a_side_request_of_claude_code_gets_a_title_and_plays_no_rule() -> None:
    """A request without tools from Claude Code is answered by its own schema."""
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    body = {
        "model": "m",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "<session>\nfix the parser\n</session>"}],
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
    }
    headers = {"x-api-key": "k", "anthropic-version": "2023-06-01", "user-agent": "claude-cli/2.1 (external)"}
    async with (
        ModelServer(Script(rules=(rule("fix the parser", ["no"]),))) as server,
        httpx.AsyncClient() as client,
    ):
        reply = (await client.post(f"{server.url}/v1/messages", json=body, headers=headers)).json()
    assert json.loads(reply["content"][0]["text"]) == {"title": "Rehearsal"}
    assert [request.kind for request in server.journal] == ["side"]


async def test_usage_follows_the_length_of_the_texts() -> None:
    """Figures are the same for the same words, and a script may set how many there are."""
    script = Script(rules=(rule("hi", [step("hello", output_tokens=7)]),), usage=Usage(chars_per_token=1.0))
    async with ModelServer(script) as server, clients(server) as (_, client):
        first, second = [(await converse(client, {"role": "user", "content": "hi"})).usage for _ in range(2)]
    assert first == second
    assert first.output_tokens == 7
    assert (
        first.cache_read_input_tokens
        == len(json.dumps(server.journal[0].body, separators=(",", ":"))) * 7 // 10
    )


Message = dict[str, object]
CALL: Message = {
    "role": "assistant",
    "content": [{"type": "tool_use", "id": "t1", "name": "Read", "input": {}}],
}
RESULT: Message = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t2", "content": "x"}]}
USER: Message = {"role": "user", "content": "hi"}
OPENAI_CALL: Message = {
    "role": "assistant",
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}


ANTHROPIC_REFUSALS: list[tuple[Message | str, str]] = [
    ({"model": "m", "messages": [USER]}, "max_tokens: Field required"),
    ({"model": "m", "max_tokens": 1}, "messages: Field required"),
    ({"model": "m", "max_tokens": 1, "messages": []}, "at least one message is required"),
    ({"model": "m", "max_tokens": 1, "messages": [{"role": "robot", "content": "x"}]}, 'role "robot"'),
    (
        {"model": "m", "max_tokens": 1, "messages": [{"role": "system", "content": "x"}]},
        "top-level `system`",
    ),
    ({"model": "m", "max_tokens": 1, "messages": [USER, CALL, USER]}, "without `tool_result` blocks"),
    ({"model": "m", "max_tokens": 1, "messages": [USER, CALL, RESULT]}, "unexpected `tool_use_id`"),
    ({"model": "m", "max_tokens": 1, "messages": [RESULT]}, "unexpected `tool_use_id`"),
    ("{not json", "not valid JSON"),
]


@pytest.mark.parametrize(("body", "sentence"), ANTHROPIC_REFUSALS)
async def test_anthropic_refuses_what_the_platform_refuses(body: Message | str, sentence: str) -> None:
    """A malformed request gets 400 and the vendor's error body."""
    headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    content = body if isinstance(body, str) else json.dumps(body)
    async with ModelServer(Script()) as server, httpx.AsyncClient(headers=headers) as client:
        reply = await client.post(f"{server.url}/v1/messages", content=content)
    assert (reply.status_code, reply.json()["type"]) == (400, "error")
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert sentence in reply.json()["error"]["message"]


OPENAI_REFUSALS: list[tuple[Message | str, str]] = [
    ({"model": "m"}, "Missing required parameter: 'messages'."),
    ({"messages": [USER]}, "Missing required parameter: 'model'."),
    ({"model": "m", "messages": []}, "empty array"),
    ({"model": "m", "messages": [{"role": "robot", "content": "x"}]}, "Invalid value: 'robot'."),
    ({"model": "m", "messages": [OPENAI_CALL, USER]}, "must be followed by tool messages"),
    (
        {"model": "m", "messages": [USER, {"role": "tool", "tool_call_id": "c", "content": "x"}]},
        "preceeding",
    ),
    ({"model": "m", "messages": [USER], "response_format": {"type": "json_object"}}, "the word 'json'"),
    ("[]", "could not parse the JSON body"),
]


@pytest.mark.parametrize(("body", "sentence"), OPENAI_REFUSALS)
async def test_openai_refuses_what_the_platform_refuses(body: Message | str, sentence: str) -> None:
    """A malformed request gets 400 and the vendor's error body."""
    content = body if isinstance(body, str) else json.dumps(body)
    async with (
        ModelServer(Script()) as server,
        httpx.AsyncClient(headers={"authorization": "Bearer k"}) as client,
    ):
        reply = await client.post(f"{server.openai_url}/chat/completions", content=content)
    assert (reply.status_code, reply.json()["error"]["type"]) == (400, "invalid_request_error")
    assert sentence in reply.json()["error"]["message"]


async def test_a_request_without_key_or_address_is_refused_and_noted() -> None:
    """401 without a key, 404 for an unknown address, 405 for a wrong method; the journal has them all."""
    async with ModelServer(Script()) as server, httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.post("/v1/messages", json={})).json()["error"]["type"] == "authentication_error"
        assert (await client.post("/v1/chat/completions", json={})).status_code == 401
        assert (await client.post("/v1/nothing", json={})).status_code == 404
        assert (await client.get("/v1/messages")).status_code == 405
    assert [(request.status, request.has_key) for request in server.journal] == [
        (401, False),
        (401, False),
        (404, False),
        (405, False),
    ]


async def test_the_journal_shows_what_reached_the_model_but_never_the_key() -> None:
    """A test can assert that a secret was never sent, and wait for a request instead of sleeping."""
    async with ModelServer(Script()) as server, clients(server) as (client, _):
        await complete(client, 'a "quoted" ünïcode password')
        await server.journal.reach(1)
    assert server.journal[0].has_key
    assert server.journal.mentions('"quoted" ünïcode')
    assert not server.journal.mentions("sk-planted")
    assert server.journal[0].prompt.endswith("password")


SCRIPT = '[[rules]]\nwhen = "hello"\nsteps = [{ say = "hello" }]'


@pytest.mark.parametrize("ending", ["sigterm", "eof"])
def test_the_server_runs_as_a_program(tmp_path: Path, ending: str) -> None:
    """It prints its address on one line and ends well on SIGTERM or when its stdin closes."""
    (tmp_path / "script.toml").write_text(SCRIPT)
    command = [sys.executable, "-m", "adapters.rehearsal.model_server", str(tmp_path / "script.toml")]
    with subprocess.Popen(
        [*command, "--journal", str(tmp_path / "journal")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        listed = httpx.get(f"{url}/v1/models", headers={"authorization": "Bearer k"})
        if ending == "sigterm":
            program.send_signal(signal.SIGTERM)
        else:
            program.stdin.close()
        assert program.wait(20) == 0
    assert listed.status_code == 200
    assert json.loads((tmp_path / "journal").read_text())["path"] == "/v1/models"
