"""Follows the rows of a conversation from its own cursor and shows what is new, in order, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from adapters.chats.terminal.board import Board, Card
from adapters.chats.terminal.house import House
from adapters.chats.terminal.screen import Screen
from adapters.chats.terminal.seen import Seen
from bot.errors import FrontdeskError
from bot.model.posts import OutboxRow, PostKind

LOOK_AGAIN_S: Final = 1.0
"""How often we look without having been told that something changed."""


class Follower:
    def __init__(self, house: House, screen: Screen, seen: Seen, conversation: str, *, live: bool) -> None:
        self._house = house
        self._screen = screen
        self._seen = seen
        self._live = live  # cards are drawn in a region of their own and printed only when it gets quiet
        self._boards: dict[str, Board] = {}
        self._one_at_a_time = asyncio.Lock()
        self._troubled = False
        self.board = Board(conversation)

    @property
    def threads(self) -> list[str]:
        return sorted({*self._seen.conversations(), *self._boards})

    @property
    def boards(self) -> list[Board]:
        """The conversations that were opened in this sitting."""
        return list(self._boards.values())

    @property
    def live_cards(self) -> list[tuple[Card, bool]]:
        """The cards of the live region, and whether their buttons have the numbers."""
        numbered = self.board.numbered
        return [(card, card.row.id == numbered) for card in self.board.cards.values() if card.is_news]

    async def go(self, conversation: str) -> None:
        """Open a conversation: what came since the last visit, and the questions that still wait."""
        async with self._one_at_a_time:
            board = self._boards.get(conversation)
            if board is None:
                board = Board(conversation)
                await self._open(board)
                self._boards[conversation] = board
            self.board = board
        await self.catch_up()

    async def _open(self, board: Board) -> None:
        rows = await self._house.posts(board.key, 0)
        last = rows[-1].seq if rows else 0
        cursor = self._seen.cursor(board.key)
        cursor = last if cursor is None else cursor if cursor <= last else 0
        old = [row for row in rows if row.seq <= cursor]
        for row in old:
            board.add(row)
        await self._refresh(board)
        idle = await self._house.idle(board.key)
        for card in board.cards.values():
            card.printed = card.now if idle else None
        waiting = board.open_posts()
        if self._live and (earlier := len(old) - len(waiting)):
            self._screen.note(f"({earlier} earlier {'post' if earlier == 1 else 'posts'} in {board.key})")
        for row in waiting:
            self._screen.post(row, numbered=row.id == board.numbered)
        board.cursor = board.noticed = cursor

    async def catch_up(self) -> None:
        """Show everything that was committed before this call."""
        async with self._one_at_a_time:
            board = self.board
            rows = await self._house.posts(board.key, board.cursor)
            for row in rows:
                board.add(row)
            await self._refresh(board)
            for row in rows:
                self._show(board, row)
            await self._settle_cards(board)
            self._seen.keep(board.key, board.cursor)
            await self._notice_others()

    def _show(self, board: Board, row: OutboxRow) -> None:
        if row.kind is PostKind.CARD and row.edits is None:
            if not self._live:
                self._print_card(board, row.dispatch)
            return
        if not self._live or row.kind is PostKind.RESULT:
            self._print_card(board, row.dispatch)  # how the work ended is read before what it says
        self._screen.post(row, numbered=row.id == board.numbered)

    def _print_card(self, board: Board, dispatch: str | None) -> None:
        for card in board.cards.values():
            if card.row.dispatch == dispatch and card.is_news:
                self._screen.card(card, numbered=card.row.id == board.numbered)
                card.printed = card.now

    async def _refresh(self, board: Board) -> None:
        for id, card in list(board.cards.items()):
            now = await self._house.card(card.row)
            if now is not None:
                board.redraw(id, now)

    async def _settle_cards(self, board: Board) -> None:
        news = [card for card in board.cards.values() if card.is_news]
        if news and (not self._live or await self._house.idle(board.key)):
            for card in news:
                self._print_card(board, card.row.dispatch)

    async def _notice_others(self) -> None:
        for board in self._boards.values():
            if board is self.board:
                continue
            rows = [row for row in await self._house.posts(board.key, board.noticed) if not row.post.silent]
            if rows:
                board.noticed = rows[-1].seq
                count = f"{len(rows)} new {'post' if len(rows) == 1 else 'posts'}"
                self._screen.note(f"{count} in {board.key}: /thread {board.key}")

    async def follow(self, drawn: Callable[[], None]) -> None:
        """Show news as they come, until cancelled; a house that does not answer is asked again."""
        while True:
            try:
                await self.catch_up()
                self._troubled = False
            except FrontdeskError as error:
                self._trouble(error)
            drawn()
            await self._house.changed(LOOK_AGAIN_S)

    async def until(self, reached: Callable[[bool], bool]) -> None:
        """Returns once ``reached(idle)``; everything that was posted by then has been shown."""
        while True:
            try:
                idle = await self._house.idle(self.board.key)  # asked first: what led to it is shown below
                await self.catch_up()
                if reached(idle):
                    return
            except FrontdeskError as error:
                self._trouble(error)
            await self._house.changed(LOOK_AGAIN_S)

    def _trouble(self, error: FrontdeskError) -> None:
        if not self._troubled:
            self._screen.problem(f"{error} Trying again.")
        self._troubled = True
