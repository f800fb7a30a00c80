"""Broken builds of what keeps a cluster in order: watchdog, leases, breakers, cache."""

import math
from dataclasses import replace
from typing import Any

import pytest

from mainstay.caches import context_journal
from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.ports.circuits import Circuit
from mainstay.resilience.breaker_phases import HalfOpen, Open
from mainstay.worker import grip
from mainstay.worker.watchdog import Watchdog


def holds_nothing(patch: pytest.MonkeyPatch) -> None:
    """The watchdog does not look for overdue turns: each is answered within 30 s."""

    async def hold(self: Watchdog) -> int:
        return 0

    patch.setattr(Watchdog, "_hold", hold)


def buries_nobody(patch: pytest.MonkeyPatch) -> None:
    """A dead process keeps its leases: they are void at once."""

    async def bury(self: Watchdog) -> None:
        pass

    patch.setattr(Watchdog, "_bury", bury)


def renews_what_stands_still(patch: pytest.MonkeyPatch) -> None:
    """A thread renews the leases of a blocked loop: they must end."""
    patch.setattr(grip, "LOOP_MUST_BEAT_S", math.inf)


def lets_a_herd_try(patch: pytest.MonkeyPatch) -> None:
    """A half-open breaker lets all through: three may try at once."""
    patch.setattr(HalfOpen, "admits", lambda self, now_s: True)
    lets_each_process_try(patch)


def lets_each_process_try(patch: pytest.MonkeyPatch) -> None:
    """Every process has trials of its own: three may try at once in all of them."""
    probe = MemoryCircuits.probe

    async def granted(
        self: MemoryCircuits,
        name: str,
        epoch: int,
        place: str,
        limit: int,
        lost_s: float,
    ) -> Circuit | None:
        return await probe(self, name, epoch, place, 1_000, lost_s)

    patch.setattr(MemoryCircuits, "probe", granted)


def calls_past_an_open_breaker(patch: pytest.MonkeyPatch) -> None:
    """Every call is a canary: while a breaker is open, none passes."""
    patch.setattr(Open, "sends_canary", lambda self, every: True)


def trusts_an_old_context(patch: pytest.MonkeyPatch) -> None:
    """The cache's messages are taken for all there are: the store's count."""

    def stale(context: Any, fresh: Any, most: int) -> Any:
        return replace(fresh, messages=context.messages)

    patch.setattr(context_journal, "joined", stale)
