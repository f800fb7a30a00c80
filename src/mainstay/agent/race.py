"""Two model calls side by side, of which one is heard."""

import asyncio
from collections.abc import Awaitable, Callable

from mainstay.agent.gate import ProposedCall, Refusal
from mainstay.domain.model_call import ModelOutcome
from mainstay.domain.step import ModelStep

Told = ModelOutcome | Refusal
OnText = Callable[[str], None]
Running = asyncio.Task[Told]


class Race:
    """Calls in flight; whichever first shows text, or ends well, wins.

    Args:
        on_text: gets the winner's text, and nobody else's.
    """

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._running: list[Running] = []
        self._heard = asyncio.get_running_loop().create_future()
        self._won: Running | None = None

    def enter(
        self, ask: Callable[[ProposedCall, OnText], Awaitable[Told]], call: ProposedCall
    ) -> Running:
        """Start a call beside those in flight."""

        async def run() -> Told:
            return await ask(call, lambda text: self._say(task, text))

        task = asyncio.create_task(run())
        self._running.append(task)
        return task

    async def is_late(self, alarm: asyncio.Task[None]) -> bool:
        """Tell whether the alarm came before any text, and before any call's end."""
        news = {*self._running, self._heard, alarm}
        done, _ = await asyncio.wait(news, return_when=asyncio.FIRST_COMPLETED)
        return done == {alarm}

    async def winner(self) -> Running | None:
        """Wait for it, and cancel the others; None when all have ended otherwise."""
        while self._won is None:
            self._won = next(filter(_ended_well, self._running), None)
            out = [task for task in self._running if not task.done()]
            if self._won is not None or not out:
                break
            news = {*out, self._heard}
            await asyncio.wait(news, return_when=asyncio.FIRST_COMPLETED)
        if self._won is not None:
            await self._cancel(but=self._won)
        return self._won

    async def end(self) -> None:
        """Cancel what is still in flight, and wait until it has let go."""
        await self._cancel()

    async def _cancel(self, but: Running | None = None) -> None:
        out = [task for task in self._running if task is not but and not task.done()]
        for task in out:
            task.cancel()
        if out:
            await asyncio.wait(out)

    def _say(self, task: Running, text: str) -> None:
        """Pass a piece of text on; its call has won if none has before."""
        if self._won is None:
            self._won = task
            self._heard.set_result(None)
        if self._won is task:
            self._on_text(text)


def _ended_well(task: Running) -> bool:
    return task.done() and isinstance(task.result(), ModelStep)
