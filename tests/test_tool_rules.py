"""Rules of "always allow": normalised, exact about what they cover, refused when that is nearly all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import tool_rules
from bot.errors import Refused

TOO_BROAD = [
    *("Bash", "Bash(*)", "Bash(**)", "Bash(p*)", "Bash(* --version)", "Bash(sh *)", "Bash(bash -c *)"),
    *("Bash(/bin/zsh)", "Bash(/bin/zsh *)", "Bash(env *)", "Bash(sudo *)", "Bash(sudo -u root *)"),
    *("Bash(python *)", "Bash(python3.11 -c *)", "Bash(python)", "Bash(node -e *)", "Bash(xargs *)"),
    *("Bash(find . *)", "Bash(ssh host *)", "Bash(git *)", "Bash(LD_PRELOAD=x ls *)", "Bash(busybox *)"),
    *("Bash(awk *)", "Bash(timeout 9 *)", "Bash(docker run *)", 'Bash("bash" -c *)', r"Bash(\sudo *)"),
    *("Bash('/usr/bin/env' *)", "Bash(python -W x *)", "Write", "Edit", "WebFetch", "Agent", "Edit(**)"),
    *("Edit(/**)", "WebFetch(domain:*)", "mcp__github", "Frobnicate"),
]
NARROW = [
    *("Bash(pytest *)", "Bash(pytest -q)", "Bash(git status *)", "Bash(npm run build)", "Bash(make test)"),
    *("Bash(python -m pytest *)", "Bash(python manage.py test *)", "Bash(sh build.sh)", "Edit(src/**)"),
    *("WebFetch(domain:docs.python.org)", "mcp__github__get_issue", "Grep", "Bash(python -m pytest)"),
]
NO_RULE = [
    *(
        "",
        "/bin/zsh",
        "pytest *",
        "Bash(",
        "Bash)",
        "Bash()",
        "Bash( )",
        "-rf",
        "Bash(a; b)",
        "Bash(a && b *)",
    ),
    *("Bash(a | sh *)", "Bash(echo $(id) *)", "Bash(echo `id`)", "Bash(a > b)", "Bash(a\nb)", "Bash('a *)"),
    *("Bash(pytest\u202e *)", "Bash(py\u200btest *)", "Bash(\x1b[2K *)", f"Bash({'x' * 500})"),
]


@pytest.mark.parametrize("text", TOO_BROAD)
def test_a_rule_that_lets_nearly_everything_pass_is_named_as_one(text: str) -> None:
    """OpenClaw #23276, #79103: approving `whoami` stored `/bin/zsh`."""
    assert tool_rules.read(text).warning


@pytest.mark.parametrize("text", NARROW)
def test_a_rule_that_says_what_it_covers_is_taken_as_it_is(text: str) -> None:
    """Normalised already; with an example of what passes and of what still asks."""
    meaning = tool_rules.read(text)
    assert (meaning.rule, meaning.warning) == (text, "")
    assert meaning.passes
    assert meaning.asks


@pytest.mark.parametrize("text", NO_RULE)
def test_what_is_no_rule_is_refused_whatever_one_says(text: str) -> None:
    """Also what looks like another rule than it is."""
    with pytest.raises(Refused):
        tool_rules.read(text)


def test_the_same_rule_is_stored_in_one_way() -> None:
    """Spaces and the older colon make no second rule; quoted spaces are the command's own."""
    same = ["Bash(pytest *)", " Bash(pytest *) ", "Bash(pytest:*)", "Bash( pytest   * )"]
    assert {tool_rules.read(text).rule for text in same} == {"Bash(pytest *)"}
    assert tool_rules.read('Bash(git log "a  b" *)').rule == 'Bash(git log "a  b" *)'


@given(st.text(max_size=60))
def test_reading_a_rule_twice_says_the_same(text: str) -> None:
    """Whatever is written, it is refused, or normalised for good."""
    try:
        rule = tool_rules.read(f"Bash({text})").rule
    except Refused:
        return
    assert tool_rules.read(rule).rule == rule


@pytest.mark.parametrize(
    "command",
    [
        "git push && rm x",
        "echo *",
        "ls > x",
        "bash",
        "python -c 'x'; y",
        "a\nb",
        " ls",
        "echo $HOME",
        "sh",
        "a\u200b",
    ],
)
def test_no_line_is_offered_where_it_would_allow_more_than_the_call(command: str) -> None:
    """Only a plain command becomes a rule for exactly itself."""
    assert tool_rules.exactly(command) is None


def test_a_plain_command_becomes_a_rule_for_itself() -> None:
    """Nothing is generalised."""
    assert tool_rules.exactly("pytest -q tests/test_a.py") == "Bash(pytest -q tests/test_a.py)"
