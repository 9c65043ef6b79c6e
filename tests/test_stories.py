"""Every story in ``stories/`` happens as it is told: through the real desk, storage and engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.story import play

STORIES = sorted(Path(__file__).with_name("stories").glob("*.md"))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
async def test_the_story_happens_as_it_is_told(story: Path, tmp_path: Path) -> None:
    """People see what the transcript says, in its order, and nothing else."""
    await play(story, tmp_path)
