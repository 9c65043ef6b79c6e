"""Plays lines that nobody types: a pipe waits for each line's work, a script says what to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from adapters.chats.terminal import typed as line
from adapters.chats.terminal.board import Board
from adapters.chats.terminal.following import Follower
from adapters.chats.terminal.screen import Screen
from adapters.chats.terminal.sitting import Effect, Sitting


class Player:
    def __init__(self, sitting: Sitting, screen: Screen, follower: Follower) -> None:
        self._sitting = sitting
        self._screen = screen
        self._follower = follower
        self._mark = 0  # everything after this post came after the last line that was accepted

    async def pipe(self, lines: AsyncIterator[str]) -> int:
        """Each line when the one before has been worked off or has led to a question; 0 when all is done."""
        async for text in lines:
            effect = await self._do(text)
            if effect is Effect.LEFT:
                break
            if effect is Effect.SENT:
                await self._follower.until(lambda idle: idle or self._board.asks > self._mark)
        return await self._finish()

    async def script(self, script: Path) -> int:
        """Line by line, echoed; 1 at the first line that cannot be done."""
        text = await asyncio.to_thread(script.read_text, encoding="utf-8", errors="replace")
        for number, written in enumerate(text.splitlines(), 1):
            if not written.strip() or written.startswith("#"):
                continue
            effect = await self._scripted(written)
            if effect is Effect.FAILED:
                self._screen.problem(f"{script.name}, line {number}: {written}")
                return 1
            if effect is Effect.LEFT:
                break
        return await self._finish()

    async def _scripted(self, written: str) -> Effect:
        typed = line.read(written)
        if isinstance(typed, line.Wait):
            return await self._wait(typed)
        self._echo(typed, written)
        effect = await self._do(written)
        if effect is Effect.SENT:
            await self._follower.until(lambda idle: idle or self._board.said > self._mark)
        return effect

    def _echo(self, typed: line.Typed, written: str) -> None:
        match typed:
            case line.Go() | line.Become() | line.Quit() | line.Mistyped():
                return
            case _:
                spoken = written if self._sitting.form else self._sitting.spoken(typed, written)
                self._screen.echo(self._sitting.person, self._sitting.thread, spoken)

    async def _do(self, text: str) -> Effect:
        mark = self._board.cursor
        form = self._sitting.form is not None
        effect = await (self._sitting.submit(text) if form else self._sitting.do(line.read(text)))
        if effect is Effect.SENT:
            self._mark = mark
        return effect

    async def _wait(self, wait: line.Wait) -> Effect:
        def reached(idle: bool) -> bool:
            match wait.what:
                case "idle":
                    return idle
                case "done":
                    return self._board.result > self._mark
                case _:
                    return self._board.asks > self._mark

        try:
            async with asyncio.timeout(wait.most_s):
                await self._follower.until(reached)
        except TimeoutError:
            self._screen.problem(f"Waited {wait.most_s:g} s for {wait.what!r} in vain.")
            return Effect.FAILED
        return Effect.LOCAL

    async def _finish(self) -> int:
        """Until every conversation that was opened is quiet."""
        for board in self._follower.boards:
            self._follower.board = board
            await self._follower.until(lambda idle: idle)
        return 0

    @property
    def _board(self) -> Board:
        return self._follower.board
