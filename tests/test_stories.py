"""Every story in ``stories/`` happens as it is told: through the real desk, storage and engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.story import play

STORIES = sorted(Path(__file__).with_name("stories").glob("*.md"))
each_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)


@each_story
async def test_the_story_happens_as_it_is_told(story: Path, tmp_path: Path) -> None:
    """People see what the transcript says, in its order, and nothing else."""
    await play(story, tmp_path)


@pytest.mark.full
@each_story
async def test_the_story_happens_on_a_platform_too(story: Path, tmp_path: Path) -> None:
    """What is true in a terminal is true where every post is sent over a wire."""
    await play(story, tmp_path, chat="scripted")
