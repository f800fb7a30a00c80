"""How long one call may take: until its first token, between two, and as a whole."""

import asyncio
from types import TracebackType
from typing import Self

from mainstay.domain.model_call import ModelFailure, ModelRequest

FAREWELL_S = 0.05
"""How long the end of the body may take after the end of the reply."""


class Patience:
    """The limits of a call as one timeout, which every sign of life moves on.

    Moving one timer costs a fraction of what a timer for each wait would.

    Args:
        request: its ``first_token_s``, ``idle_s`` and ``timeout_s`` count from now.
    """

    def __init__(self, request: ModelRequest) -> None:
        self._loop = asyncio.get_running_loop()
        self._request = request
        now = self._loop.time()
        self._end = now + request.timeout_s
        self._begun = False
        self._timeout = asyncio.timeout_at(min(now + request.first_token_s, self._end))

    def content(self) -> None:
        """Note that content came."""
        self._begun = True
        due = self._loop.time() + self._request.idle_s
        self._timeout.reschedule(min(due, self._end))

    def farewell(self) -> None:
        """Note that the reply is over; only the end of its body is still to come."""
        self._timeout.reschedule(min(self._loop.time() + FAREWELL_S, self._end))

    def exhausted(self) -> ModelFailure:
        """Return the failure that the limit which was reached stands for."""
        request = self._request
        if self._loop.time() >= self._end:
            detail = f"not over in {request.timeout_s:g} s"
        elif self._begun:
            detail = f"no further token in {request.idle_s:g} s"
        else:
            detail = f"no first token in {request.first_token_s:g} s"
        return ModelFailure("slow", detail)

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        """Turn the cancellation by its own timer, and no other, into TimeoutError."""
        return await self._timeout.__aexit__(kind, error, trace)
