"""How a script is played: rules, steps, conditions, places to fill, and the same as a file."""

from pathlib import Path

import anthropic
import openai
import pytest
from anthropic.types import MessageParam, ToolResultBlockParam

from adapters.rehearsal.model_server import (
    Asked,
    Decide,
    Fault,
    FaultKind,
    ModelServer,
    Script,
    Step,
    Usage,
    Use,
    load_script,
    rule,
    step,
)
from adapters.rehearsal.model_server.load import ScriptError
from tests.model_clients import clients, complete, converse, said


def user(*texts: str) -> MessageParam:
    return {"role": "user", "content": [{"type": "text", "text": text} for text in texts]}


def assistant(text: str) -> MessageParam:
    return {"role": "assistant", "content": text}


async def play(client: anthropic.AsyncAnthropic, prompt: str, results: list[str]) -> list[str]:
    """What the model does when its tools answer ``results`` in turn: tool names and texts."""
    messages, seen = [user(prompt)], list[str]()
    for result in [*results, ""]:
        reply = await converse(client, *messages)
        calls = [block for block in reply.content if block.type == "tool_use"]
        seen += [said(reply), *(call.name for call in calls)]
        answers: list[ToolResultBlockParam] = [
            {"type": "tool_result", "tool_use_id": call.id, "content": result} for call in calls
        ]
        told: MessageParam = {"role": "assistant", "content": reply.content}
        back: MessageParam = {"role": "user", "content": answers}
        messages += [told, back]
    return [one for one in seen if one]


async def test_a_step_is_repeated_while_its_result_says_so_and_left_out_unless_it_applies() -> None:
    """The place in the script follows what the tools answered, without the server remembering anything."""
    steps = [
        step(Use("Bash", {"command": "rm x"}), repeat_while="Call the tool again"),
        step("It was refused.", only_if="denied"),
        step(Use("Read"), only_if=r"printed (?P<out>\w+)"),
        "It printed {{out}}, then {{result}}.",
    ]
    again = "A person must approve this. Call the tool again with exactly the same input."
    async with ModelServer(Script(rules=(rule("clean", steps),))) as server, clients(server) as (_, client):
        heard = await play(client, "clean", [again, again, "printed three", "four"])
        assert heard == ["Bash", "Bash", "Bash", "Read", "It printed three, then four."]
        assert await play(client, "clean", ["denied by Ann"]) == ["Bash", "It was refused."]


async def test_only_a_prompt_that_a_rule_knows_moves_the_script() -> None:
    """Reminders and ignored texts leave the script in its place; a known prompt starts its own rule."""
    rules = (rule("first", ["one", "two"]), rule("second", ["three"]))
    script = Script(rules=rules, ignore=("You were interrupted",))
    reminder = "<system-reminder>\nsecond\n</system-reminder>"
    begun = (user(reminder, f"{reminder} first"), assistant("one"))
    resumed = (user("[Request interrupted by user]"), assistant("No response requested."))
    async with ModelServer(script) as server, clients(server) as (_, client):
        assert said(await converse(client, begun[0])) == "one"
        assert said(await converse(client, *begun, *resumed, user("You were interrupted. Check."))) == "two"
        assert said(await converse(client, *begun, user("now the second", reminder))) == "three"
        assert said(await converse(client, *begun, user("and now?"))) == script.otherwise
        assert (
            said(await converse(client, *begun, user(reminder), assistant("two"), user(reminder)))
            == script.done
        )


async def test_rules_may_look_at_one_part_of_the_prompt_only() -> None:
    """With a focus, words in the history of a prompt do not trigger a rule."""
    script = Script(rules=(rule("old", ["old"]), rule("new", ["new"])), focus=r"(?s)<message>(.*?)</message>")
    async with ModelServer(script) as server, clients(server) as (client, _):
        assert await complete(client, "History: old. <message>something new</message>") == "new"


async def test_a_callable_rule_answers_and_its_failure_is_a_platform_error() -> None:
    """A Python function may reply; when it raises, the client sees a 500 that says so."""

    def reply(asked: Asked) -> Step:
        return step(f"{asked.model}: {1 / (len(asked.prompt) - 4)}")

    async with ModelServer(Script(rules=(rule("", reply=reply),))) as server, clients(server) as (client, _):
        assert await complete(client, "hello", model="m") == "m: 1.0"
        with pytest.raises(
            openai.InternalServerError, match="script of the rehearsal failed: ZeroDivisionError"
        ):
            await complete(client, "four")


TOML = """
otherwise = "pardon?"
ignore = ["^note:"]
[values]
name = "nobody"
[[rules]]
when = "hello"
[[rules.steps]]
say = "hello {{name}}"
use = [{ tool = "Write", input = { file_path = "{{cwd}}/x", lines = ["{{name}}"] } }]
repeat_while = "again"
fault = { kind = "status", status = 529, times = 2 }
[[rules]]
when = "decide"
steps = [{ decide = { say = "yes", count = 1 } }]
[usage]
chars_per_token = 2.0
"""


def test_a_script_is_read_from_toml(tmp_path: Path) -> None:
    """The file says the same as the Python form; values given by the caller win."""
    (tmp_path / "script.toml").write_text(TOML)
    write = Use("Write", {"file_path": "{{cwd}}/x", "lines": ["{{name}}"]})
    fault = Fault(FaultKind.STATUS, status=529, times=2)
    assert load_script(tmp_path / "script.toml", name="Ann") == Script(
        rules=(
            rule("hello", [step("hello {{name}}", write, repeat_while="again", fault=fault)]),
            rule("decide", [Decide({"say": "yes", "count": 1})]),
        ),
        otherwise="pardon?",
        ignore=("^note:",),
        values={"name": "Ann"},
        usage=Usage(chars_per_token=2.0),
    )


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ('[[rules]]\nwhen = "a"\nstep = []', "rules.0.step"),
        ('[[rules]]\nwhen = "("', "not a regular expression"),
        ("rules = [", "is not TOML"),
        (None, "cannot be read"),
    ],
)
def test_a_wrong_script_says_where(tmp_path: Path, toml: str | None, sentence: str) -> None:
    """A typo, a bad expression, broken TOML or a missing file end in one sentence."""
    path = tmp_path / "script.toml"
    if toml is not None:
        path.write_text(toml)
    with pytest.raises(ScriptError, match=sentence):
        load_script(path)
