"""The clients that the rehearsed model platform is tested with."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anthropic
import openai
from anthropic.types import Message, MessageParam, ToolParam
from openai.types.chat import ChatCompletionFunctionToolParam
from pydantic import BaseModel
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

from adapters.rehearsal.model_server import ModelServer, Use, step

ANTHROPIC_TOOL: ToolParam = {"name": "Read", "description": "Reads.", "input_schema": {"type": "object"}}
OPENAI_TOOL: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {"name": "Read", "parameters": {"type": "object"}},
}
READ_TWO = step("Both at once.", Use("Read", {"path": "a"}), Use("Read", {"path": "b", "note": "ü" * 40}))


class Verdict(BaseModel):
    """A small structured answer."""

    say: str
    count: int


@asynccontextmanager
async def clients(server: ModelServer) -> AsyncGenerator[tuple[openai.AsyncOpenAI, anthropic.AsyncAnthropic]]:
    """Both vendors' SDKs, without retries of their own."""
    async with (
        openai.AsyncOpenAI(
            base_url=server.openai_url, api_key="sk-planted", max_retries=0, timeout=20
        ) as first,
        anthropic.AsyncAnthropic(
            base_url=server.url, api_key="sk-planted", max_retries=0, timeout=20
        ) as second,
    ):
        yield first, second


def models(first: openai.AsyncOpenAI, second: anthropic.AsyncAnthropic) -> tuple[Model, Model]:
    """pydantic-ai on both protocols."""
    return (
        OpenAIChatModel("gpt-5-mini", provider=OpenAIProvider(openai_client=first)),
        AnthropicModel("claude-haiku-4-5", provider=AnthropicProvider(anthropic_client=second)),
    )


async def complete(client: openai.AsyncOpenAI, prompt: str, model: str = "gpt-5-mini") -> str:
    """The text of a whole OpenAI reply."""
    reply = await client.chat.completions.create(model=model, messages=[{"role": "user", "content": prompt}])
    return reply.choices[0].message.content or ""


async def converse(client: anthropic.AsyncAnthropic, *messages: MessageParam) -> Message:
    """A streamed Anthropic reply."""
    async with client.messages.stream(
        model="claude-haiku-4-5", max_tokens=99, messages=[*messages]
    ) as stream:
        return await stream.get_final_message()


def said(reply: Message) -> str:
    return "".join(block.text for block in reply.content if block.type == "text")
