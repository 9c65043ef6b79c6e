"""Every way in which the rehearsed model platform fails, as the real clients meet it."""

import json
import time

import anthropic
import httpx2
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelAPIError, UnexpectedModelBehavior

from adapters.rehearsal.model_server import Fault, FaultKind, ModelServer, Script, rule, step
from tests.model_clients import OPENAI_TOOL, READ_TWO, Verdict, clients, complete, converse, models

FAILURES = {
    401: (openai.AuthenticationError, anthropic.AuthenticationError),
    429: (openai.RateLimitError, anthropic.RateLimitError),
    500: (openai.InternalServerError, anthropic.InternalServerError),
    529: (openai.InternalServerError, anthropic.InternalServerError),
}


@pytest.mark.parametrize("status", FAILURES)
async def test_a_refusal_reaches_each_sdk_as_its_own_error(status: int) -> None:
    """The next requests are refused with the vendor's body and Retry-After, and the one after them is not."""
    async with ModelServer(Script()) as server, clients(server) as (first, second):
        server.fail_next(Fault(FaultKind.STATUS, status=status, retry_after_s=3), times=2)
        with pytest.raises(FAILURES[status][0]) as by_openai:
            await complete(first, "hi")
        with pytest.raises(FAILURES[status][1]) as by_anthropic:
            await converse(second, {"role": "user", "content": "hi"})
        assert await complete(first, "hi") == Script().otherwise
    for failure in (by_openai.value, by_anthropic.value):
        assert isinstance(failure, openai.APIStatusError | anthropic.APIStatusError)
        assert failure.response.headers["retry-after"] == "3"
    assert [request.status for request in server.journal] == [status, status, 200]


async def test_a_fault_of_a_step_strikes_as_often_as_it_says() -> None:
    """An SDK that retries gets through once the step's fault is used up; other rules never met it."""
    flaky = step("finally", fault=Fault(FaultKind.STATUS, status=529, times=2, retry_after_s=0.01))
    script = Script(rules=(rule("flaky", [flaky]), rule("calm", ["calm"])))
    async with ModelServer(script) as server, clients(server) as (client, _):
        assert await complete(client, "calm") == "calm"
        assert await complete(client.with_options(max_retries=2), "flaky") == "finally"
    assert [request.fault for request in server.journal] == [None, "status", "status", None]


@pytest.mark.parametrize("after", [None, 0, 2])
async def test_a_connection_may_be_cut_anywhere(after: int | None) -> None:
    """Before the headers, before the first event or after some: the client sees a broken transport."""
    async with (
        ModelServer(Script(faults=(Fault(FaultKind.CUT, after=after),))) as server,
        clients(server) as (first, second),
    ):
        with pytest.raises((openai.APIConnectionError, httpx2.TransportError)):
            await complete(first, "hi")
        with pytest.raises((anthropic.APIConnectionError, httpx2.TransportError)):
            await converse(second, {"role": "user", "content": "hi"})


async def test_an_error_may_come_inside_a_stream() -> None:
    """A stream that began well ends in the vendor's error event."""
    fault = Fault(FaultKind.STATUS, status=529, after=3)
    async with ModelServer(Script(faults=(fault,))) as server, clients(server) as (_, client):
        with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
            await converse(client, {"role": "user", "content": "hi"})


async def test_malformed_answers_are_errors_of_the_model_layer() -> None:
    """Half a JSON object is nothing that pydantic-ai takes for an answer, on either protocol."""
    async with (
        ModelServer(Script(faults=(Fault(FaultKind.MALFORMED),))) as server,
        clients(server) as (first, second),
    ):
        for model in models(first, second):
            with pytest.raises((UnexpectedModelBehavior, json.JSONDecodeError, ModelAPIError)):
                await Agent(model, output_type=Verdict).run("hi")


async def test_a_truncated_tool_call_stops_at_the_token_limit() -> None:
    """The call's arguments break off and the stop reason says why."""
    script = Script(rules=(rule("read", [READ_TWO]),), faults=(Fault(FaultKind.TRUNCATED),))
    async with ModelServer(script) as server, clients(server) as (first, second):
        body = {"model": "m", "tools": [OPENAI_TOOL], "messages": [{"role": "user", "content": "read"}]}
        reply = await first.post("/chat/completions", cast_to=httpx2.Response, body=body)
        stop = (await converse(second, {"role": "user", "content": "read"})).stop_reason
    choice = reply.json()["choices"][0]
    with pytest.raises(json.JSONDecodeError):
        json.loads(choice["message"]["tool_calls"][1]["function"]["arguments"])
    assert (choice["finish_reason"], stop) == ("length", "max_tokens")


@pytest.mark.parametrize("after", [None, 2])
async def test_a_platform_that_hangs_lets_the_client_give_up(after: int | None) -> None:
    """Silence lasts until the client's own time limit, and the server goes on with others."""
    async with ModelServer(Script()) as server, clients(server) as (client, _):
        server.fail_next(Fault(FaultKind.HANG, after=after))
        with pytest.raises(openai.APITimeoutError):
            await complete(client.with_options(timeout=0.3), "hi")
        assert await complete(client, "hi") == Script().otherwise


async def test_delays_come_before_the_answer_and_between_its_chunks() -> None:
    """A slow platform is slow by as much as the script says, for the model it names."""
    script = Script(faults=(Fault(delay_s=0.2, between_s=0.02, model="slow"),), otherwise="x" * 240)
    async with ModelServer(script) as server, clients(server) as (client, _):
        times: dict[str, float] = {}
        for model in ("slow-1", "quick-1"):
            began = time.monotonic()
            prompt: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hi"}]
            async for _ in await client.chat.completions.create(model=model, stream=True, messages=prompt):
                pass
            times[model] = time.monotonic() - began
    assert times["slow-1"] > 0.2 + 10 * 0.02
    assert [request.fault for request in server.journal] == ["slow", None]
