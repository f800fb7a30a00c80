"""Circuits on the Redis server that the cache is on."""

import math
from collections.abc import Sequence
from typing import Any

from mainstay.caches.redis.link import Link
from mainstay.ports.circuits import (
    Circuit,
    Force,
    ForcedState,
    Opening,
    TrialResult,
)

VALUES = 11
"""So many values tell of one circuit."""


class RedisCircuits:
    """``ports.Circuits``, by the server's clock; each verb is one script.

    Args:
        link: to the server; whoever opened it closes it.
        prefix: begins every key.
    """

    def __init__(self, link: Link, prefix: str) -> None:
        self._link = link
        self._prefix = prefix

    @property
    def is_up(self) -> bool:
        """Whether the server answers in time, as far as is known."""
        return self._link.is_up

    async def look(self, names: Sequence[str]) -> Sequence[Circuit] | None:
        """Return the named circuits, in this order."""
        if not names:
            return []
        return await self._ask(names, "look")

    async def open(self, name: str, epoch: int, opening: Opening) -> Circuit | None:
        """Open a circuit for all, if its generation is still ``epoch``."""
        for_ms = _ms(opening.for_s)
        told = (epoch, for_ms, int(opening.ramps), opening.reopened)
        return await self._ask_one(name, "open", *told)

    async def probe(
        self, name: str, epoch: int, place: str, limit: int, lost_s: float
    ) -> Circuit | None:
        """Ask for a trial."""
        return await self._ask_one(name, "probe", epoch, place, limit, _ms(lost_s))

    async def begin_trials(self, name: str, epoch: int) -> Circuit | None:
        """End the open time, if its generation is still ``epoch``."""
        return await self._ask_one(name, "begin", epoch)

    async def report(
        self, name: str, epoch: int, place: str, result: TrialResult, successes: int
    ) -> Circuit | None:
        """Give a trial back, with what it told."""
        return await self._ask_one(name, "report", epoch, place, result, successes)

    async def force(
        self, name: str, state: ForcedState, for_s: float, reason: str
    ) -> Circuit | None:
        """Note an operator's word, in place of the one before."""
        return await self._ask_one(name, "force", state, _ms(for_s), reason)

    async def _ask_one(self, name: str, *words: str | int) -> Circuit | None:
        found = await self._ask([name], *words)
        return None if found is None else found[0]

    async def _ask(
        self, names: Sequence[str], *words: str | int
    ) -> Sequence[Circuit] | None:
        keys = [
            f"{self._prefix}:{kind}:{name}"
            for name in names
            for kind in ("circuit", "trials")
        ]
        told = await self._link.run("circuit", keys, *words)
        if told is None:
            return None
        starts = range(0, len(told), VALUES)
        rows = (told[at : at + VALUES] for at in starts)
        return [_circuit(*pair) for pair in zip(names, rows, strict=True)]


def _circuit(name: str, row: Sequence[Any]) -> Circuit:
    epoch, state, left_ms, ramps, reopened, slow, granted, *word = row
    return Circuit(
        name=name,
        epoch=epoch,
        state=state.decode(),
        for_s=left_ms / 1000,
        ramps=bool(ramps),
        reopened=reopened,
        slow=slow,
        granted=bool(granted),
        force=_force(*word),
    )


def _force(number: int, state: bytes, left_ms: int, reason: bytes) -> Force | None:
    if not number:
        return None
    said: Any = state.decode()
    return Force(
        number=number,
        state=said,
        for_s=left_ms / 1000,
        reason=reason.decode(errors="replace"),
    )


def _ms(seconds: float) -> int:
    """Return milliseconds, rounded up: nobody comes before the time."""
    return max(0, math.ceil(seconds * 1000))
