"""The queue: it carries wake-ups; the store is the truth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mainstay.domain.wake import Wake


@dataclass(frozen=True, slots=True)
class QueueCapabilities:
    """What an adapter can do, declared instead of silently emulated.

    Args:
        max_delay_s: the longest delay of a release, in seconds; 0 when there is none.
        batch: the most wakes one receive returns.
        exact_stats: whether ``stats`` counts exactly.
        holds: whether a received wake is kept until its turn has ended, and acked then,
            so that the queue itself sends it again when its receiver dies; else it is
            acked once its conversation is claimed, and the store sees to the rest.
        extend_every_s: how often a kept wake must be extended, in seconds.
    """

    max_delay_s: float
    batch: int
    exact_stats: bool
    holds: bool = False
    extend_every_s: float = math.inf


@dataclass(frozen=True, slots=True)
class QueueStats:
    """Depth and age of the backlog.

    Args:
        ready: conversations with work that may be received now.
        in_flight: conversations that are received or leased.
        delayed: conversations whose work is not due yet.
        dead: dead turns that wait for a redrive.
        oldest_age_s: seconds the oldest ready work has waited; 0 when none.
        exact: whether the figures are exact.
    """

    ready: int
    in_flight: int
    delayed: int
    dead: int
    oldest_age_s: float
    exact: bool


class Queue(Protocol):
    """Wake-ups between accept and the workers.

    A lost, doubled or reordered wake costs time, never a message. A received wake
    is hidden from others until it is acked, released or its visibility ends; a wake
    that cannot be read goes to the queue's own dead letters and is never returned.

    Each verb but ``capabilities`` raises QueueUnavailable when the queue cannot be
    reached; connections are made anew when they break.
    """

    @property
    def capabilities(self) -> QueueCapabilities:
        """What this adapter can do."""
        ...

    async def publish(self, wakes: Sequence[Wake]) -> None:
        """Make the wakes receivable; several for one conversation may become one."""
        ...

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return up to ``limit`` wakes, waiting up to ``wait_s`` seconds for one."""
        ...

    async def ack(self, wakes: Sequence[Wake]) -> None:
        """Forget the wakes: their conversations are claimed, or need no work."""
        ...

    async def extend(self, wakes: Sequence[Wake]) -> None:
        """Keep received wakes hidden for a whole visibility from now on."""
        ...

    async def release(self, wakes: Sequence[Wake], delay_s: float) -> None:
        """Give the wakes back; they may be received after ``delay_s`` seconds.

        Raises:
            ValueError: the delay is longer than ``max_delay_s``.
        """
        ...

    async def stats(self) -> QueueStats:
        """Return depth and age."""
        ...
