"""Two processes on one store, and a twin beside each of its conversations."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, ExitStack
from typing import Any, TypeVar

import pytest

from mainstay.domain.errors import MainstayError
from mainstay.domain.event import Event
from mainstay.domain.turn import Claim
from mainstay.testing.clock import ManualClock
from mainstay.testing.store_conformance.ports import LEASE_S, StorePorts, answered
from mainstay.testing.store_conformance.twin import ConversationTwin

T = TypeVar("T")

Opening = Callable[
    [AsyncExitStack, int], Awaitable[tuple[ManualClock, list[StorePorts]]]
]
"""Opens a fresh store so many times within a scope; returns its clock, and each."""


class TwinnedStores:
    """Two connections to one fresh store, with two conversations in it.

    Args:
        opening: opens a fresh store of one backend.

    Args of its parts:
        sides: the connections.
        twins: what the conversations must be.
        claims: every claim that was ever won, the newest last.
        told: by conversation, every event that was read.
    """

    def __init__(self, opening: Opening) -> None:
        self._scope = ExitStack()
        self._runner = self._scope.enter_context(asyncio.Runner())
        self._opened = AsyncExitStack()
        self.clock, self.sides = self.run(_opened(opening, self._opened))
        self.twins = [ConversationTwin(self.run(self.sides[0].open())) for _ in "ab"]
        self.claims: list[tuple[ConversationTwin, Claim]] = []
        self.told: dict[str, list[Event]] = {twin.id: [] for twin in self.twins}

    @property
    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return self.clock.now_ms()

    def close(self) -> None:
        """Close both connections and drop the store."""
        self.run(self._opened.aclose())
        self._scope.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run one act to its end."""
        return self._runner.run(work)

    def tried(
        self,
        attempt: Coroutine[Any, Any, object],
        refusals: Sequence[type[MainstayError]],
    ) -> bool:
        """Run an act that must be refused with one of the errors, if there are any.

        Returns whether it was to succeed, and did.
        """
        if not refusals:
            self.run(attempt)
            return True
        with pytest.raises(tuple(refusals)):
            self.run(attempt)
        return False

    def recent(self, lately: int) -> tuple[ConversationTwin, Claim]:
        """Return the claim that was won so many claims before the newest one."""
        return self.claims[-1 - min(lately, len(self.claims) - 1)]

    def news(self, twin: ConversationTwin, side: int) -> list[Event]:
        """Return the events since the last look, which continue the old ones."""
        told = self.told[twin.id]
        new = self.run(self.sides[side].conversations.events(twin.id, len(told), 1000))
        told += new
        assert [event.id for event in told] == list(range(1, len(told) + 1))
        return new

    def settle(self) -> None:
        """Let one process answer all that is left."""
        for _ in range(1 + sum(len(twin.open_turns()) for twin in self.twins)):
            self.clock.advance(3 * LEASE_S)
            for twin in self.twins:
                for claim in self.run(self.sides[0].leases.claim([twin.id], "last")):
                    twin.claim(claim, self.now_ms)
                    ending = answered(f"last {claim.turn.id}")
                    self.run(self.sides[0].journal.finish(claim, ending))
                    twin.finish(claim, ending, self.now_ms)

    def judge(self) -> None:
        """Check that nothing is left and that all is told as it was."""
        for twin in self.twins:
            assert twin.open_turns() == [], "a message was lost"
            for turn in twin.turns.values():
                view = self.run(self.sides[1].turn(turn.id))
                assert view.state == turn.state
                texts = [str(step) for step in view.steps]
                assert len(texts) == len(turn.steps)
                assert all(s in t for s, t in zip(turn.steps, texts, strict=True))
            self.news(twin, 0)
            told = self.run(self.sides[1].conversations.events(twin.id, 0, 9999))
            assert told == self.told[twin.id], "the past was told anew"
        assert self.run(self.sides[1].audit.verify()).intact


async def _opened(
    opening: Opening, scope: AsyncExitStack
) -> tuple[ManualClock, list[StorePorts]]:
    return await opening(scope, 2)
