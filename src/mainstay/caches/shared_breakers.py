"""Breakers that learn from those of other processes.

No call waits for this: what opened here is told, and what opened elsewhere is heard of,
in the background. A breaker's own state is all that a call asks.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from mainstay.ports.cache import Cache
from mainstay.ports.telemetry import CacheBypassed, Telemetry
from mainstay.resilience.background import Background
from mainstay.resilience.breaker import Breaker

LOOK_S = 1.0
SLACK_S = 0.1
"""A block is followed when it ends later than the breaker's own time by more."""

MAX_EPOCHS = 8
"""Epochs remembered a breaker: a replica that took over may tell of an old one."""


@dataclass(slots=True)
class _News:
    """How often something happened to a breaker, as far as that is dealt with."""

    told: int = 0
    missed: int = 0


@dataclass(slots=True)
class _Watched:
    breaker: Breaker
    opened: _News = field(default_factory=_News)
    tripped: _News = field(default_factory=_News)
    epochs: deque[int] = field(default_factory=lambda: deque[int](maxlen=MAX_EPOCHS))


class SharedBreakers:
    """Tells of each opening once, and follows each opening of another process once.

    A model that told one process to stay away is left alone by all for as long. While
    the cache is away each process goes by itself; an opening that lasts longer is told
    when the cache is back.

    Args:
        cache: the shared one.
        telemetry: is told of what could not be told.
    """

    def __init__(self, cache: Cache, telemetry: Telemetry) -> None:
        self._cache = cache
        self._telemetry = telemetry
        self._models: dict[str, _Watched] = {}
        self._watched: dict[str, _Watched] = {}
        self._news = asyncio.Event()
        self._looking = Background(self._go)

    def watch(
        self, models: Mapping[str, Breaker], tools: Mapping[str, Breaker]
    ) -> None:
        """Share these breakers from now on; models have their budgets shared too."""
        self._models = {name: _Watched(one) for name, one in models.items()}
        self._watched = {f"model:{name}": one for name, one in self._models.items()}
        self._watched |= {f"tool:{name}": _Watched(one) for name, one in tools.items()}

    def nudge(self) -> None:
        """Look at once: a breaker opened; never blocks."""
        self._news.set()

    async def start(self) -> None:
        """Look once, then every second in the background."""
        await self.look()
        await self._looking.start()

    async def stop(self) -> None:
        """Stop looking; may be repeated."""
        await self._looking.stop()

    async def look(self) -> None:
        """Tell what is new here, and follow what is new elsewhere."""
        for name, watched in self._watched.items():
            await self._tell_opening(name, watched)
        for model, watched in self._models.items():
            await self._tell_block(model, watched)
        await self._follow_openings()
        for model, watched in self._models.items():
            await self._follow_block(model, watched.breaker)

    async def paused(self) -> set[str]:
        """Return the models that some process is kept from; none without the cache."""
        names = {f"model:{model}": model for model in self._models}
        openings = await self._cache.openings(list(names)) or ()
        blocked = {name for name in self._models if await self._cache.blocked(name)}
        return blocked | {names[opening.name] for opening in openings}

    async def _go(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._news.wait()
            self._news.clear()
            await self.look()

    async def _tell_opening(self, name: str, watched: _Watched) -> None:
        async def announce(for_s: float) -> bool:
            epoch = await self._cache.announce(name, for_s)
            if epoch is not None:
                watched.epochs.append(epoch)
            return epoch is not None

        breaker, news = watched.breaker, watched.opened
        await self._tell(news, breaker.opened, breaker.retry_in_s, announce, "breaker")

    async def _tell_block(self, model: str, watched: _Watched) -> None:
        async def block(for_s: float) -> bool:
            return await self._cache.block(model, for_s)

        breaker, news = watched.breaker, watched.tripped
        await self._tell(news, breaker.tripped, breaker.retry_in_s, block, "block")

    async def _tell(
        self,
        news: _News,
        happened: int,
        left_s: float | None,
        tell: Callable[[float], Awaitable[bool]],
        use: Literal["breaker", "block"],
    ) -> None:
        """Tell what happened, again and again until it is told or over."""
        if happened == news.told:
            return
        if not left_s or await tell(left_s):
            news.told = happened
        elif news.missed != happened:
            news.missed = happened
            self._telemetry.emit(CacheBypassed(use))

    async def _follow_openings(self) -> None:
        for opening in await self._cache.openings(list(self._watched)) or ():
            watched = self._watched[opening.name]
            # Once only: whoever has recovered since is not opened by it again.
            if opening.epoch not in watched.epochs:
                watched.epochs.append(opening.epoch)
                watched.breaker.follow(opening.for_s, ramps=True)

    async def _follow_block(self, model: str, breaker: Breaker) -> None:
        left_s = await self._cache.blocked(model) or 0.0
        if left_s > (breaker.retry_in_s or 0.0) + SLACK_S:
            breaker.follow(left_s, ramps=False)
