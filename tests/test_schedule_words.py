"""Times and plans in people's words, read by code."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import strategies as st

from bot import novelty, planning, recurrence, when
from bot.errors import Refused
from bot.model.schedules import Scope, What
from tests.fuzzing import attempt, fuzzes

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ZONE = "Europe/Berlin"

READ = (
    ("every weekday at nine, look", "0 9 * * 1-5", "look", "every weekday at 09:00"),
    ("Every day at 17:30 run the tests", "30 17 * * *", "run the tests", "every day at 17:30"),
    ("run the tests every monday and thursday at 9.30", "30 9 * * 1,4", "run the tests",
     "every Monday and Thursday at 09:30"),
    ("every friday: digest", "0 9 * * 5", "digest", "every Friday at 09:00"),
    ("weekly on sunday at 4pm: look", "0 16 * * 0", "look", "every Sunday at 16:00"),
    ("every 90 minutes check", "5400", "check", "every 90 minutes"),
    ("every other hour: look", "7200", "look", "every 2 hours"),
    ("0 9 * * 1-5 look", "0 9 * * 1-5", "look", "every weekday at 09:00"),
    ("the 1st of every month at 6: pay", "0 6 1 * *", "pay", "on day 1 of every month at 06:00"),
    ("tomorrow at 9 fix it", "2026-03-03T09:00", "fix it", "once, on Tuesday 3 March at 09:00"),
    ("on 2026-03-10 at 07:15, deploy", "2026-03-10T07:15", "deploy", "once, on Tuesday 10 March at 07:15"),
    ("in 2 hours say hi", "2026-03-02T12:00", "say hi", "once, on Monday 2 March at 12:00"),
    ("at noon stand up", "2026-03-02T12:00", "stand up", "once, on Monday 2 March at 12:00"),
    ("at 9: look", "2026-03-03T09:00", "look", "once, on Tuesday 3 March at 09:00"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "spec", "rest", "words"), READ)
def test_a_time_is_read_and_said_back(text: str, spec: str, rest: str, words: str) -> None:
    """What is shown back is what was understood."""
    found = when.read(text, NOW, ZONE)
    assert found is not None
    assert (found.recurrence.spec, found.rest, when.in_words(found.recurrence)) == (spec, rest, words)
    recurrence.check(found.recurrence, ZONE)


@pytest.mark.parametrize(
    "text",
    [
        "what happens every day in this code?",
        "every test fails",
        "fix the parser",
        "at 25:00 look",
        "the meeting at nine was long",
        "",
    ],
)
def test_other_words_name_no_time(text: str) -> None:
    """A time in the middle of a sentence is part of the work."""
    assert when.read(text, NOW, ZONE) is None


def test_a_plan_holds_what_was_said_about_money_place_and_news() -> None:
    """The words that say so are no part of the work."""
    limits = "up to $1 a run, up to $20 a month, until 2026-12-31"
    text = f"every weekday at 9: @api look for CVEs, {limits}, only news"
    plan = planning.read(text, NOW, ZONE, ("api", "web"))
    assert plan is not None
    assert (plan.what, plan.project, plan.prompt) == (What.WATCH, "api", "look for CVEs")
    assert (plan.max_usd, plan.month_usd) == (1.0, 20.0)
    assert plan.until == datetime(2026, 12, 31, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("every friday at 16:00: what did the bots do, what is waiting for me, what did it cost?", Scope.ME),
        ("every friday, a digest of this channel", Scope.CHANNEL),
        ("every friday, a digest of the whole house, post it to telegram", Scope.HOUSE),
    ],
)
def test_a_digest_is_about_oneself_a_channel_or_the_house(text: str, scope: Scope) -> None:
    """It needs no project."""
    plan = planning.read(text, NOW, ZONE, ("api",))
    assert plan is not None
    assert (plan.what, plan.scope) == (What.DIGEST, scope)
    assert plan.to == ("telegram" if scope is Scope.HOUSE else "")


@fuzzes(
    "bot.planning.read",
    "bot.when.read",
    text=st.text(max_size=80)
    | st.sampled_from([row[0] for row in READ]).flatmap(
        lambda text: st.text(max_size=6).map(lambda more: f"{more}{text} {more}")
    ),
)
def test_any_words_are_a_plan_or_none(text: str) -> None:
    """Whatever is read has a next moment, or is refused in words."""
    plan = planning.read(text, NOW, ZONE, ("api",), "api")
    if plan is not None:
        _, refused = attempt(lambda: recurrence.check(plan.recurrence, ZONE), Refused)
        assert not refused or "no time that I understand" in refused
        assert when.in_words(plan.recurrence)


def test_only_findings_that_were_not_there_before_are_news() -> None:
    """Marks, case, order and the time of day make nothing new; a number does."""
    first = novelty.news("# As of 9:00\n- **CVE-1** in left-pad.\n- CVE-2 in right-pad", ())
    assert len(first) == 2
    seen = novelty.remembered((), first)
    assert novelty.news("Found:\n1. cve-2 in `right-pad`\n2. CVE-1 in left-pad", seen) == []
    assert novelty.news("- CVE-1 in left-pad\n- CVE-11 in left-pad", seen) == ["- CVE-11 in left-pad"]
    assert novelty.news("NOTHING NEW", ()) == []
    assert novelty.news("No new findings.", ()) == []


def test_what_a_watch_remembers_is_bounded() -> None:
    """The oldest are forgotten first."""
    seen = novelty.remembered((), [f"- finding {n}" for n in range(novelty.REMEMBERED + 5)])
    assert len(seen) == novelty.REMEMBERED
    assert novelty.news("- finding 0", seen) == ["- finding 0"]
