"""The talk: lines go out, events come in, each answer is waited for."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import Any

from mainstay.cli.chat_client import ChatClient
from mainstay.cli.transcript import Transcript
from mainstay.domain.errors import MainstayError

ANSWER_S = 60
"""Twice the promise of 30 s: later than this, the server does not keep its word."""

_SETTLED = frozenset({"answered", "handed_off", "waiting_approval", "dead"})


class Talk:
    """One conversation on a terminal or a pipe.

    Args:
        client: the server.
        transcript: where events are shown.
        conversation_id: the conversation.
        said: the ``seq`` of its newest message so far: all up to it is shown before
            anything is sent.
    """

    def __init__(
        self,
        client: ChatClient,
        transcript: Transcript,
        conversation_id: str,
        said: int = 0,
    ) -> None:
        self._client = client
        self._transcript = transcript
        self._id = conversation_id
        self._said = said
        self._shown = 0
        self._settled: deque[str] = deque(maxlen=100)
        self._news = asyncio.Condition()

    async def run(self, lines: AsyncIterator[str]) -> None:
        """Send each line and wait for its answer, until the lines end.

        Raises:
            MainstayError: the server refused, or did not answer in time.
        """
        listening = asyncio.create_task(self._listen())
        speaking = asyncio.create_task(self._speak(lines))
        done, open_tasks = await asyncio.wait(
            {listening, speaking}, return_when=asyncio.FIRST_COMPLETED
        )
        for task in open_tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for task in done:
            task.result()

    async def _speak(self, lines: AsyncIterator[str]) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self._shown >= self._said)
        async for text in lines:
            self._transcript.posting()
            turn_id = await self._client.send(self._id, text)
            try:
                async with asyncio.timeout(ANSWER_S), self._news:
                    await self._news.wait_for(lambda t=turn_id: t in self._settled)
            except TimeoutError:
                message = f"no answer within {ANSWER_S} s; is a worker running?"
                raise MainstayError(message) from None

    async def _listen(self) -> None:
        async for sent in self._client.events(self._id):
            data: Mapping[str, Any] = json.loads(sent.data)
            self._transcript.show(sent.kind, data)
            async with self._news:
                self._shown = max(self._shown, data.get("seq", 0))
                if _settles(sent.kind, data):
                    self._settled.append(str(data.get("turn_id")))
                self._news.notify_all()


def _settles(kind: str, data: Mapping[str, Any]) -> bool:
    """Tell whether the turn of this event needs no more waiting."""
    if kind == "message":
        return data.get("role") == "agent"
    return kind == "turn" and data.get("state") in _SETTLED
