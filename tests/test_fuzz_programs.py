"""Whatever programs, files and repositories say, the house reads what it understands and leaves the rest."""

from __future__ import annotations

import asyncio
import json
import math
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from claude_agent_sdk import ClaudeSDKError, Message
from claude_agent_sdk._internal.message_parser import parse_message
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from adapters.hearing.transcriber import words_in
from adapters.rehearsal.bot_api import BotApi, Rules
from adapters.rehearsal.bot_api.methods import METHODS
from adapters.rehearsal.bot_api.reading import read
from adapters.rehearsal.bot_api.refusals import Refused as NotTaken
from adapters.rehearsal.model_server.anthropic_messages import AnthropicMessages
from adapters.rehearsal.model_server.dialect import Refused
from adapters.rehearsal.model_server.openai_chat import OpenAIChat
from adapters.rehearsal.scripted_chat import wire
from adapters.rehearsal.wire import Incoming
from adapters.specialists.child.environment import Marker, worker_environment
from adapters.specialists.child.process import Identity
from adapters.specialists.child.resources import Verdict
from adapters.specialists.claude_code import payload, transcripts, trust
from adapters.specialists.claude_code.checklist import Checklist
from adapters.specialists.claude_code.translate import Translator
from adapters.specialists.completion import lists
from adapters.specialists.completion.material import NotUsable
from adapters.specialists.completion.schema import NoSchema, checked, schema_in
from adapters.web.providers import ENGINES
from adapters.web.searching import WebError, found
from bot.cli.setup.surroundings import described
from bot.errors import HearingError, SettingsError, SpecialistError
from bot.model import people
from bot.model.conversations import Address, Pressed, Wrote
from bot.model.dispatches import Step, StepState
from bot.model.items import Item
from bot.ports import Given
from bot.settings import load
from bot.settings.view import read_env_file
from bot.settings.worked import refuse_a_runs_own
from storage.columns import Document
from tests.fuzzing import JSON, attempt, fuzzes, jsons_with, object_of

LINES = st.lists(st.text(max_size=40) | JSON.map(json.dumps), max_size=6).map("\n".join)
BLOCK = jsons_with("type", "id", "name", "input", "text", "tool_use_id", "content", "is_error", "thinking")
KNOWN = st.sampled_from(["assistant", "user", "system", "result", "stream_event", "rate_limit_event"])


def frame(kind: str, body: dict[str, Any], blocks: list[Any], subtype: str) -> dict[str, Any]:
    message = {"role": kind, "model": "m", "content": blocks, **body}
    return {"session_id": "s", "subtype": subtype, **body, "type": kind, "message": message}


@fuzzes(
    "adapters.hearing.transcriber.words_in",
    body=st.binary(max_size=80) | jsons_with("text", "error").map(lambda value: json.dumps(value).encode()),
)
def test_a_transcribers_answer_is_text_or_a_sentence(body: bytes) -> None:
    """Whatever answers at the configured address."""
    words, refused = attempt(partial(words_in, body), HearingError)
    assert refused or (words is not None and "\0" not in words and words.encode().decode() == words)


@fuzzes(
    "adapters.specialists.claude_code.translate.Translator.events",
    frames=st.lists(
        st.builds(
            frame,
            KNOWN,
            jsons_with("usage", "tool_use_result", "total_cost_usd", "num_turns", "is_error", "uuid", "data"),
            st.lists(BLOCK | object_of(type=st.just("text"), text=st.text()), max_size=3),
            st.sampled_from(["init", "api_retry", "model_fallback", "status", "success", "task_started"]),
        ),
        max_size=4,
    ),
)
def test_frames_of_a_stream_become_events_or_a_protocol_error(frames: list[dict[str, Any]]) -> None:
    """As the SDK hands them on; T26: an event is all that a hostile program can make."""
    translator = Translator("/project", {})
    for raw in frames:
        try:
            message: Message | None = parse_message(raw)
        except (ClaudeSDKError, TypeError, ValueError, AttributeError, KeyError):
            continue  # the SDK's own refusal, which ends a run as a protocol error
        for event in translator.events(message) if message is not None else ():
            assert type(event).__module__ == "bot.model.events"


@fuzzes(
    "adapters.specialists.claude_code.checklist.Checklist.record",
    calls=st.lists(
        st.tuples(
            st.sampled_from(["TaskCreate", "TaskUpdate", "TaskList", "TodoWrite", "Bash"]),
            jsons_with("taskId", "status", "subject", "todos"),
            jsons_with("task", "taskId", "statusChange", "tasks"),
        ),
        max_size=5,
    ),
)
def test_a_checklist_is_always_steps_with_words_and_a_state(calls: list[tuple[str, Any, Any]]) -> None:
    """Every id once, whatever order and shape the calls come in."""
    checklist = Checklist()
    for tool, given, result in calls:
        steps = checklist.record(tool, given, result) or ()
        assert len({step.id for step in steps}) == len(steps)
        assert all(isinstance(step.text, str) and isinstance(step.state, StepState) for step in steps)


@fuzzes(
    "adapters.specialists.completion.lists",
    ending=st.sampled_from(["csv", "tsv", "jsonl", "txt"]),
    data=st.binary(max_size=60) | LINES.map(str.encode) | st.text(max_size=60).map(str.encode),
)
def test_any_file_is_a_list_that_can_be_written_again_or_is_refused_in_words(
    ending: str, data: bytes
) -> None:
    """Every item has its line in what is handed back."""
    list_, why = attempt(lambda: lists.read(Given(f"in.{ending}", data), 10), NotUsable)
    assert list_ or why
    if list_:
        shape, texts = list_
        items = [Item("", "", "d1", n, text) for n, text in enumerate(texts, 1)]
        assert all(lists.in_words(shape, item.text) is not None for item in items)
        again = Given(lists.written_name(f"in.{ending}", shape), lists.written(shape, items))
        assert len(lists.read(again, 10)[1]) == len(items)


@fuzzes(
    "adapters.specialists.completion.schema",
    schema=st.sampled_from([{"type": "object"}, {"enum": [1]}, {"items": {"$ref": "#/x"}}])
    | jsons_with("type"),
    text=JSON.map(json.dumps) | st.text(max_size=30),
)
def test_an_answer_is_json_of_its_form_or_refused_in_words(schema: dict[str, Any], text: str) -> None:
    """Whatever stands in the fence and whatever a model answers."""
    form, _ = attempt(lambda: schema_in(f"x\n```json\n{json.dumps(schema)}\n```", ()), NoSchema)
    if form is not None:
        fitting, wrong = checked(text, form)
        assert bool(fitting) != bool(wrong)
        assert json.loads(fitting or "0") is not None or fitting == "null"


@fuzzes("adapters.specialists.claude_code.payload", value=JSON)
def test_a_value_of_another_type_is_an_empty_one(value: object) -> None:
    """So no reader has to ask twice."""
    assert isinstance(payload.table(value), dict)
    assert isinstance(payload.text(value), str)
    assert isinstance(payload.items(value), list | tuple)
    assert math.isfinite(payload.number(value))


@fuzzes(
    "adapters.specialists.claude_code.transcripts",
    lines=st.lists(
        jsons_with("type", "attachment", "message", "totalCostUSD")
        | object_of(type=st.just("cost-state"), totalCostUSD=JSON)
        | object_of(type=st.just("user"), message=JSON)
        | st.text(max_size=20),
        max_size=6,
    ),
)
def test_a_transcript_of_any_content_is_read_to_its_end(lines: list[Any]) -> None:
    """A run can write its own transcript: cost is a sum of money or nothing, a call is what stands there."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "t.jsonl")
        path.write_text("\n".join(json.dumps(line) for line in lines) + '\n{"cut', encoding="utf-8")
        assert transcripts.cost_usd(path) >= 0
        transcripts.deferred(path)
        transcripts.mentions(path, "words")


@fuzzes(
    "adapters.specialists.claude_code.trust",
    content=jsons_with("hooks", "env", "permissions", "mcpServers", "apiKeyHelper", "statusLine"),
    raw=st.binary(max_size=60),
)
def test_a_hostile_repository_is_listed_and_never_believed(content: dict[str, Any], raw: bytes) -> None:
    """`config check` prints lines of text for any content of the files."""
    with tempfile.TemporaryDirectory() as place:
        for name, data in ((".mcp.json", json.dumps(content).encode()), ("CLAUDE.md", raw)):
            Path(place, name).write_bytes(data)
        Path(place, ".claude").mkdir()
        Path(place, ".claude/settings.json").write_text(json.dumps(content))
        Path(place, ".claude/settings.local.json").write_bytes(raw)
        assert all(isinstance(line, str) for line in trust.would_execute(place))
        assert "\0" not in trust.guidance(place)


@fuzzes("adapters.specialists.child.process.Identity.from_json", text=LINES | JSON.map(json.dumps))
def test_an_identity_is_three_fields_or_a_value_error(text: str) -> None:
    """It comes from a row, and decides which process is killed."""
    try:
        found = Identity.from_json(text)
    except ValueError:
        return
    assert Identity.from_json(found.to_json()) == found


@fuzzes(
    "adapters.specialists.child.resources.Verdict.parse",
    text=LINES | jsons_with("limit", "most").map(json.dumps),
)
def test_a_verdict_is_a_known_limit_or_nothing(text: str) -> None:
    """Its sentence is shown to people."""
    found = Verdict.parse(text.encode(errors="replace"))
    assert found is None or "its limit of" in found.sentence("shop")


@fuzzes(
    "adapters.specialists.child.environment.worker_environment",
    variables=st.dictionaries(
        st.text(max_size=20)
        | st.sampled_from(["PATH", "HOME", "SLACK_X", "OPENAI_API_KEY", "FRONTDESK_RUN"]),
        st.text(max_size=20),
        max_size=4,
    ),
)
def test_a_project_can_name_variables_and_nothing_else(variables: dict[str, str]) -> None:
    """Names that are none and names of the house are refused; the private places stay private."""
    seen, refused = attempt(
        lambda: worker_environment(
            home="/h", scratch="/s", marker=Marker("house", "d1/1"), variables=variables
        ),
        SpecialistError,
    )
    if seen is None:
        assert refused
        return
    assert (seen["HOME"], seen["TMPDIR"], seen["FRONTDESK_RUN"]) == ("/h", "/s", "d1/1")
    assert all(name.isascii() and "=" not in name and "\0" not in value for name, value in seen.items())


@fuzzes(
    "adapters.rehearsal.scripted_chat.wire.read", words=st.text(), user=st.text(min_size=1), token=st.text()
)
def test_what_goes_over_the_scripted_wire_comes_back_equal(words: str, user: str, token: str) -> None:
    """Through JSON, as the journal keeps it."""
    who, where = people.Identity("scripted", user), Address("scripted", "c1")
    for inbound in (Wrote(who, where, "k", words, user), Pressed(who, where, "k", token, user)):
        sent = json.loads(json.dumps(wire.written(inbound)))
        assert wire.read(sent) == inbound


@fuzzes(
    "adapters.rehearsal.model_server.anthropic_messages.AnthropicMessages.read",
    "adapters.rehearsal.model_server.openai_chat.OpenAIChat.read",
    body=jsons_with("model", "messages", "max_tokens", "system", "tools", "stream", "tool_choice"),
)
def test_the_rehearsed_model_refuses_in_its_vendors_words(body: dict[str, Any]) -> None:
    """A request is read, or refused as the platform would; the server never breaks."""
    for dialect in (AnthropicMessages(), OpenAIChat()):
        with suppress(Refused):
            asked = dialect.read(body, {"content-type": "application/json"})
            assert asked.kind


@fuzzes(
    "adapters.rehearsal.bot_api.methods.METHODS",
    "adapters.rehearsal.bot_api.reading.read",
    method=st.sampled_from(sorted(METHODS)),
    body=jsons_with(
        *("text", "entities", "reply_markup", "message_thread_id", "reply_parameters", "caption", "document"),
        *("message_id", "draft_id", "name", "reaction", "commands", "scope", "url", "allowed_updates"),
        *("rich_message", "file_id", "callback_query_id", "offset", "limit", "icon_color", "user_id"),
    ),
)
def test_the_rehearsed_bot_api_refuses_in_telegrams_words(method: str, body: dict[str, Any]) -> None:
    """A call is answered, or refused as Telegram would; the server never breaks."""
    api = BotApi(Rules(topics_in_private=True))
    api.person("Ann", 4711).writes("hello")
    headers = {"content-type": "application/json"}
    sent = Incoming("POST", "", headers, json.dumps({"chat_id": 4711, **body}).encode())
    with suppress(NotTaken):
        asyncio.run(METHODS[method](api.platform, read(sent, method)))


@fuzzes(
    "storage.columns.Document",
    steps=st.lists(st.builds(Step, st.text(), st.text(), st.sampled_from(StepState))),
)
def test_a_nested_noun_comes_back_from_its_row(steps: list[Step]) -> None:
    """What a database cannot keep (NUL, half a character) is shown as such, all else is equal."""
    column, dialect = Document(tuple[Step, ...]), sqlite.dialect()
    kept = column.process_bind_param(tuple(steps), dialect)
    assert kept is not None
    read = column.process_result_value(kept, dialect)
    assert column.process_bind_param(read, dialect) == kept


@fuzzes(
    "bot.settings.load",
    "bot.settings.worked",
    content=LINES | st.binary(max_size=80).map(lambda raw: raw.decode("latin-1")),
    name=st.from_regex(r"FRONTDESK_[A-Z_]{1,30}", fullmatch=True),
    value=st.text(st.characters(exclude_characters="\0"), max_size=30),
)
def test_a_configuration_is_right_or_refused_without_its_values(content: str, name: str, value: str) -> None:
    """Any file and any variable: Settings or one SettingsError, whose lines can be shown."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "frontdesk.toml")
        path.write_bytes(content.encode("utf-8", "replace"))
        environ = {"HOME": place, "OLLAMA_HOST": "127.0.0.1:9", "FRONTDESK_HOME": f"{place}/home"}
        Path(place, ".local/state").mkdir(parents=True)
        Path(place, ".local/state/frontdesk-worked-in").write_bytes(content.encode("utf-8", "replace"))
        for given in (environ, {**environ, name: value}):
            settings, refused = attempt(partial(load, str(path), environ=given), SettingsError)
            assert bool(settings) != bool(refused)
            assert len(value) < 8 or value not in refused
            attempt(partial(refuse_a_runs_own, path, given), SettingsError)


@fuzzes(
    "bot.settings.view.read_env_file",
    content=st.binary(max_size=120) | LINES.map(lambda text: text.encode("utf-8", "replace")),
)
def test_an_env_file_gives_names_and_values_or_a_refusal(content: bytes) -> None:
    """No byte makes it anything else."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "env")
        path.write_bytes(content)
        read, refused = attempt(partial(read_env_file, path), SettingsError)
        if read is None:
            assert str(path) in refused
            return
        assert all(name == name.strip() and "\n" not in value for name, value in read.items())


@fuzzes(
    "bot.cli.setup.surroundings.described",
    package=(jsons_with("description") | JSON).map(json.dumps),
    project=LINES,
    readme=st.binary(max_size=80),
)
def test_a_repository_describes_itself_in_one_line_or_not_at_all(
    package: str, project: str, readme: bytes
) -> None:
    """`init` writes that line into the configuration."""
    with tempfile.TemporaryDirectory() as place:
        Path(place, "package.json").write_text(package)
        Path(place, "pyproject.toml").write_text(project, encoding="utf-8", errors="replace")
        Path(place, "README.md").write_bytes(readme)
        line = described(Path(place))
        assert line == "" or line.isprintable()


@fuzzes(
    "adapters.web.searching.found",
    kind=st.sampled_from(sorted(ENGINES)),
    answer=st.binary(max_size=60)
    | jsons_with("results", "web", "organic", "answer").map(lambda each: json.dumps(each).encode()),
)
def test_what_a_search_service_says_is_a_list_or_a_refusal(kind: str, answer: bytes) -> None:
    """Of hits with addresses; never an error of ours."""
    hits, refused = attempt(lambda: found(kind, answer, 5), WebError)
    assert refused or all(hit.url for hit in hits or [])
