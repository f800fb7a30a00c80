"""An adapter before a server that says what a test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from tests.unit.models.event_streams import asked
from tests.unit.models.wire_server import Talk, WireServer, serving

from mainstay.domain.model_call import ModelFailure, ModelOutcome
from mainstay.domain.step import ModelStep
from mainstay.models.claude import ClaudeModel
from mainstay.testing.clock import ManualClock
from mainstay.testing.secret import GivenSecret


class Wired:
    """An adapter before a server."""

    def __init__(self, model: ClaudeModel, server: WireServer) -> None:
        self.model = model
        self.server = server
        self.heard: list[str] = []
        self.speaking = asyncio.Event()

    async def call(self, **changes: Any) -> ModelOutcome:
        """Make a call."""
        self.heard = []
        return await self.model.call(asked(**changes), self._hear)

    def _hear(self, text: str) -> None:
        self.heard.append(text)
        self.speaking.set()

    async def fails(self, **changes: Any) -> ModelFailure:
        """Make a call that must fail."""
        outcome = await self.call(**changes)
        assert isinstance(outcome, ModelFailure), outcome
        return outcome

    async def answers(self, **changes: Any) -> ModelStep:
        """Make a call that must be answered."""
        outcome = await self.call(**changes)
        assert isinstance(outcome, ModelStep), outcome
        return outcome


@pytest.fixture
async def wired() -> AsyncIterator[Callable[..., Any]]:
    """Makes an adapter before a server that talks like this."""
    async with AsyncExitStack() as stack:

        async def make(talk: Talk, key: str = "key", **options: Any) -> Wired:
            server = await stack.enter_async_context(serving(talk))
            model = ClaudeModel(
                GivenSecret(key), server.address, ManualClock(), **options
            )
            stack.push_async_callback(model.close)
            return Wired(model, server)

        yield make
