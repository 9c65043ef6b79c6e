"""slack_render_100k_ms: what it costs to make messages for Slack of a long text."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bench.figures import Figure, measured, skipped
from bot.model.posts import Post

CHARS: Final = 100_000
TIMES: Final = 30
_PARAGRAPH: Final = """## What was found

Some *words* about `code`, <https://example.org/a?b=c&d=e> and **bold** ones, for whoever reads them.

* a list with a [link](https://example.org)
* and one more item

```python
def answer() -> int:
    return 42
```

| name | value |
|---|---|
| one | 1 |

"""


async def measure(_: Path) -> list[Figure]:
    if find_spec("slack_bolt") is None:
        return [skipped("slack_render_100k_ms", "the extra slack is not installed")]
    from adapters.chats.slack.rendering import render

    post = Post((_PARAGRAPH * (CHARS // len(_PARAGRAPH) + 1))[:CHARS])
    render(post)  # what is made once
    return [measured("slack_render_100k_ms", [_render_ms(render, post) for _ in range(TIMES)])]


def _render_ms(render: Callable[[Post], object], post: Post) -> float:
    began = time.perf_counter()
    render(post)
    return (time.perf_counter() - began) * 1000
