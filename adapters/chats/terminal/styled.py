"""Posts on a terminal: the speaker in a quiet column, Markdown beside it, cards behind a thin line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, TextIO

from rich.console import Console, ConsoleRenderable, Group, JustifyMethod, RenderableType
from rich.markdown import Heading, Markdown, MarkdownElement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from adapters.chats.markup import LineKind, lines, neutralise, plain
from adapters.chats.terminal.board import Card
from adapters.chats.terminal.screen import card_changes, tag, without_tag
from adapters.chats.terminal.words import HELP, HOUSE, MARKS, buttons_line, echoed, file_line, one_line
from bot.model.dispatches import Step, StepState
from bot.model.posts import OutboxRow, Post

_MOST_STYLED_CHARS: Final = 40_000  # longer texts are shown without Markdown
_MOST_STEPS: Final = 8  # in the live region; a long plan shows the part around the active step
_NARROW_COLUMNS: Final = 60
_STEP_STYLES: Final = {
    StepState.DONE: "green",
    StepState.ACTIVE: "bold",
    StepState.FAILED: "red",
    StepState.OPEN: "dim",
}


class _LeftHeading(Heading):
    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {f"h{level}": "left" for level in range(1, 7)}


class _ChatMarkdown(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "heading_open": _LeftHeading}


class Styled:
    def __init__(self, out: TextIO | None, *, live: bool) -> None:
        """Without ``out`` it writes to whatever sys.stdout is at that moment: a prompt replaces it.

        ``live``: cards are watched elsewhere, and printed whole once they rest.
        """
        self._live = live
        self._console = Console(file=out, force_terminal=True, highlight=False, emoji=False, markup=False)

    def post(self, row: OutboxRow, *, numbered: bool) -> None:
        body = Group(*self._body(row.post, numbered=numbered))
        if self._console.width < _NARROW_COLUMNS:
            self._print(Group(Text(HOUSE, style="bold cyan"), Padding(body, (0, 0, 0, 2))))
            return
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(width=len(HOUSE), no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_row(Text(HOUSE, style="bold cyan"), body)
        self._print(grid)

    def _body(self, post: Post, *, numbered: bool) -> list[RenderableType]:
        shown: list[RenderableType] = [markdown(post.markdown)] if post.markdown.strip() else []
        shown += [_step(step) for step in post.steps]
        shown += [Text(file_line(file), style="dim") for file in post.files]
        if post.buttons:
            shown += [Text(), Text(buttons_line(post.buttons, numbered=numbered), style="bold yellow")]
        if post.footer:
            shown.append(Text(one_line(post.footer), style="dim"))
        return shown or [Text("…", style="dim")]

    def card(self, card: Card, *, numbered: bool) -> None:
        if self._live or card.printed is None:
            self._print(card_view(card, numbered=numbered))
            return
        for line in card_changes(card):
            self._console.print(Text.assemble(("│ ", "cyan"), line))

    def echo(self, person: str, thread: str, text: str) -> None:
        where = f"@{thread}" if thread else ""
        said = Text.assemble((person, "bold green"), (f"{where}> ", "dim"), echoed(text))
        self._console.print()
        self._console.print(said)

    def note(self, text: str) -> None:
        self._console.print(Text(text, style="dim"))

    def problem(self, text: str) -> None:
        self._console.print(Text(text, style="red"))

    def help(self) -> None:
        grid = Table.grid(padding=(0, 3))
        for keys, meaning in HELP:
            grid.add_row(Text(keys, style="bold"), Text(meaning, style="dim"))
        self._print(grid)

    def cards(self, cards: Sequence[tuple[Card, bool]], most_lines: int) -> str:
        """The live region as ANSI text, at most ``most_lines`` high."""
        if not cards:
            return "\n"
        with self._console.capture() as captured:
            for card, numbered in cards:
                self._console.print(card_view(card, numbered=numbered))
        shown = captured.get().rstrip("\n").split("\n")
        return "\n".join(["", *shown[-most_lines:], ""])

    def _print(self, view: ConsoleRenderable) -> None:
        self._console.print()
        self._console.print(view)


def markdown(text: str) -> RenderableType:
    """``text`` as people meant it: a line break stays one, and a link shows where it leads."""
    shown = neutralise(text).strip("\n")
    if len(shown) > _MOST_STYLED_CHARS:
        return Text(plain(shown))
    kept = "\n".join(
        f"{line}  " if kind is LineKind.TEXT and line.strip() else line for kind, line in lines(shown)
    )
    return _ChatMarkdown(kept, code_theme="ansi_dark", hyperlinks=False)


def card_view(card: Card, *, numbered: bool) -> ConsoleRenderable:
    """A card as it is now: headline, steps, what it is doing, footer, buttons."""
    post = card.now
    headline, *details = [one_line(line) for line in plain(post.markdown).split("\n") if line.strip()] or [""]
    shown = [Text.assemble((tag(card.row), "bold cyan"), "  ", without_tag(card, headline))]
    shown += [_step(step) for step in _around_active(post.steps)]
    for line in shown:
        line.no_wrap, line.overflow = True, "ellipsis"
    shown += [Text(line, style="dim") for line in details]
    if post.footer:
        shown.append(Text(one_line(post.footer), style="dim"))
    if post.buttons:
        shown.append(Text(buttons_line(post.buttons, numbered=numbered), style="yellow"))
    grid = Table.grid(padding=(0, 1))
    for line in shown:
        grid.add_row(Text("│", style="cyan"), line)
    return grid


def _step(step: Step) -> Text:
    return Text(f"{MARKS[step.state]} {one_line(step.text)}", style=_STEP_STYLES[step.state])


def _around_active(steps: Sequence[Step]) -> Sequence[Step]:
    if len(steps) <= _MOST_STEPS:
        return steps
    active = next((n for n, step in enumerate(steps) if step.state is not StepState.DONE), len(steps))
    begin = max(min(active - _MOST_STEPS // 2, len(steps) - _MOST_STEPS), 0)
    return steps[begin : begin + _MOST_STEPS]
