"""Every story in ``stories/`` happens as it is told: through the real desk, storage and engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.story import play

STORIES = sorted(Path(__file__).with_name("stories").glob("*.md"))
FULL_ONLY = {
    *("topics_off", "topics_not_opened", "topics_later", "topics_of_a_limited_project"),
    *("telegram_places", "telegram_group", "telegram_blocked", "telegram_pairing", "pairing_refused"),
    *("thread_deleted_in_a_channel", "blocked_everywhere", "move_by_name", "one_account_one_person"),
    *("reminder_elsewhere_down", "reminder_elsewhere_quiet", "reminder_elsewhere_approval"),
    *("reminder_elsewhere_by_reply", "reminder_elsewhere_killed", "people_removed_meanwhile"),
    *("process_tree", "too_much_work", "flood", "silence", "persons_share", "several_choices"),
    *("other_words_while_a_question_waits", "the_same_call_again", "finish_within_a_used_up_budget"),
    *("telegram_topics", "thread_deleted", "new_session", "project_in_its_place", "unknown_outcome"),
    *("four_eyes", "late_posts", "follow_up_while_running", "restart_in_line", "reminder_elsewhere_by_press"),
    *("one_directory", "limits_in_words", "people_added", "stop_with_words_in_line", "project_for_some"),
    *("budget_alerts", "stop_before_start", "asked_once", "do_the_rest", "refused_post"),
    *("quiet_hours", "add_money", "time_limit", "urgent_note", "file_handed_over"),
    *("edit_before_the_turn", "rate_limit", "blocked"),
    *("schedule_preview", "schedule_fails", "schedule_run_now"),
    *("slack_simple", "slack_question", "slack_approval", "slack_cancel", "slack_result", "slack_budget"),
    *("slack_follow_up", "slack_dispatch", "slack_late"),
}
"""Variations of a story beside them, which the quick set tells."""
each_story = pytest.mark.parametrize(
    "story",
    [
        pytest.param(story, id=story.stem, marks=pytest.mark.full if story.stem in FULL_ONLY else [])
        for story in STORIES
    ],
)


@each_story
async def test_the_story_happens_as_it_is_told(story: Path, tmp_path: Path) -> None:
    """People see what the transcript says, in its order, and nothing else."""
    await play(story, tmp_path)


def _on(chat: str) -> list[Path]:
    """Stories that say themselves that they happen there."""
    return [story for story in STORIES if story.stem.startswith(f"{chat}_")]


ON_TELEGRAM, ON_SLACK = _on("telegram"), _on("slack")
elsewhere = pytest.mark.parametrize(
    "story",
    [story for story in STORIES if story not in (*ON_TELEGRAM, *ON_SLACK)],
    ids=lambda story: story.stem,
)
LIKEWISE = (
    *("answer_by_button", "answer_by_command", "answer_by_text", "asked_once", "deny_with_comment"),
    *("double_delivery", "edit_before_the_turn", "finish_with_what_is_there", "follow_up"),
    *("follow_up_while_running", "killed_in_a_run", "killed_while_a_question_waits", "limit"),
    *("new_session", "question_survives_restart", "several_choices", "stop"),
    *("stop_before_start", "stop_with_words_in_line"),
)
"""Stories of one person who writes in private: they are the same over the whole way of Telegram."""


@pytest.mark.full
@elsewhere
async def test_the_story_happens_on_a_platform_too(story: Path, tmp_path: Path) -> None:
    """What is true in a terminal is true where every post is sent over a wire."""
    await play(story, tmp_path, chat="scripted")


@pytest.mark.full
@pytest.mark.parametrize("story", ON_TELEGRAM, ids=lambda story: story.stem)
async def test_the_story_happens_where_telegram_calls_too(story: Path, tmp_path: Path) -> None:
    """By webhook as by polling, through the real library."""
    await play(story, tmp_path, called=True)


IN_A_THREAD = (
    *("answer_by_button", "answer_by_command", "answer_by_text", "deny_with_comment", "double_delivery"),
    *("edit_before_the_turn", "finish_with_what_is_there", "killed_in_a_run"),
    *("killed_while_a_question_waits", "limit", "question_survives_restart", "several_choices", "stop"),
    *("stop_before_start", "stop_with_words_in_line"),
)
"""The same in a thread of Slack, where words that go on with work are always confirmed."""


@pytest.mark.full
@pytest.mark.parametrize("story", ON_SLACK, ids=lambda story: story.stem)
async def test_the_story_happens_where_slack_calls_too(story: Path, tmp_path: Path) -> None:
    """Over HTTP as in Socket Mode, through the real library."""
    await play(story, tmp_path, called=True)


@pytest.mark.full
@pytest.mark.parametrize("called", [False, True], ids=["socket", "http"])
@pytest.mark.parametrize("name", IN_A_THREAD)
async def test_the_story_happens_on_slack_likewise(name: str, called: bool, tmp_path: Path) -> None:
    """What people see in a terminal they see in a thread, over the real library."""
    story = next(story for story in STORIES if story.stem == name)
    await play(story, tmp_path, chat="slack", called=called)


@pytest.mark.full
@pytest.mark.parametrize("called", [False, True], ids=["polled", "called"])
@pytest.mark.parametrize("name", LIKEWISE)
async def test_the_story_happens_on_telegram_likewise(name: str, called: bool, tmp_path: Path) -> None:
    """What people see in a terminal they see on their phones, over the real library."""
    story = next(story for story in STORIES if story.stem == name)
    await play(story, tmp_path, chat="telegram", called=called)
