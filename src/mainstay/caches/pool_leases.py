"""The process's shares of model pools, kept filled in the background.

A call asks its share and nobody else. Once a second, and when a share is used up, what
was used is told to the shared cache and a new slice is leased: one round trip.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace

from mainstay.caches.lookout import Lookout
from mainstay.domain.pool import NOTHING, Amounts
from mainstay.ports.cache import Cache
from mainstay.ports.clock import Clock
from mainstay.ports.model_events import PoolChanged, PoolRead
from mainstay.ports.pools import PoolLease, PoolReport
from mainstay.ports.telemetry import CacheBypassed, Telemetry
from mainstay.resilience.pool_bucket import PoolBucket
from mainstay.resilience.pool_share import Level, PoolShare


class PoolLeases:
    """Leases from the shared cache; without it, from buckets of this process.

    Those count each call as often as there are workers, as if every one did the same:
    thus each keeps to limit ÷ workers. They go on from what the cache said last.

    Args:
        cache: the shared one; None when there is none.
        pools: the names of the pools.
        sharers: tells how many workers live now, this one included.
        clock: monotonic time.
        telemetry: is told how full the pools are.
    """

    def __init__(
        self,
        cache: Cache | None,
        pools: Iterable[str],
        *,
        sharers: Callable[[], int],
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._cache = cache
        self._sharers = sharers
        self._clock = clock
        self._telemetry = telemetry
        self._shares = {pool: PoolShare(pool, clock) for pool in pools}
        self._own: dict[str, PoolBucket] = {}
        self._last: dict[str, PoolLease] = {}
        self._levels: dict[str, Level] = dict.fromkeys(self._shares, "ample")
        self._renewing: dict[str, asyncio.Future[None]] = {}
        self._unsaid: set[str] = set()
        self._lookout = Lookout(self.look, "pools", telemetry)

    @property
    def sharers(self) -> int:
        """How many workers draw on the pools; 1 or more."""
        return max(1, self._sharers())

    def of(self, pool: str) -> PoolShare:
        """Return the share of a pool."""
        return self._shares[pool]

    def nudge(self) -> None:
        """Renew all shares soon: there is news of one."""
        self._lookout.nudge()

    def block(self, pool: str, for_s: float, *, ramps: bool) -> None:
        """Keep everybody from a pool, this process at once; never blocks."""
        self._shares[pool].block(for_s, ramps=ramps)
        self._unsaid.add(pool)
        self._lookout.nudge()

    async def start(self) -> None:
        """Renew once, then every second in the background."""
        await self._lookout.start()

    async def stop(self) -> None:
        """Stop; what is leased and unused is refilled within a minute."""
        await self._lookout.stop()
        if self._renewing:
            await asyncio.wait(self._renewing.values())

    async def look(self) -> None:
        """Tell of blocks and renew every share."""
        for pool in tuple(self._unsaid):
            await self._tell_block(pool)
        for pool, share in self._shares.items():
            await self.renew(pool)
            self._tell_level(share)

    async def renew(self, pool: str, need: Amounts = NOTHING) -> None:
        """Lease a new slice, or wait for one that is being leased already."""
        renewing = self._renewing.get(pool)
        # One that has just ended was told of no need that came since.
        if renewing is None or renewing.done():
            renewing = asyncio.ensure_future(self._renew(self._shares[pool], need))
            self._renewing[pool] = renewing
        # Whoever started it may be cancelled; the others still wait for it.
        await asyncio.shield(renewing)

    async def _renew(self, share: PoolShare, need: Amounts) -> None:
        report = share.report(need)
        try:
            lease = await self._lease(share.name, report)
        except BaseException:
            share.missed(report)
            raise
        share.told(report, lease)

    async def _lease(self, pool: str, report: PoolReport) -> PoolLease:
        if self._cache is not None:
            lease = await self._cache.lease(pool, report)
            if lease is not None:
                if any(lease.limit):
                    self._last[pool] = lease
                self._own.pop(pool, None)
                return lease
            self._telemetry.emit(CacheBypassed("pool"))
        return self._lease_here(pool, report)

    def _lease_here(self, pool: str, report: PoolReport) -> PoolLease:
        now_s, sharers = self._clock.monotonic_s(), self.sharers
        bucket = self._own.get(pool)
        if bucket is None:
            bucket = self._own[pool] = PoolBucket()
            if pool in self._last:
                bucket.adopt(self._last[pool], now_s)
        as_all = replace(
            report,
            charge=_times(report.charge, sharers),
            need=_times(report.need, sharers),
            hand=_times(report.hand, sharers),
            want=_times(report.want, sharers),
        )
        lease = bucket.lease(as_all, now_s, self._shares[pool].blocked_s)
        granted = Amounts(*(amount // sharers for amount in lease.granted))
        broken = Amounts(*(-(amount % sharers) for amount in lease.granted))
        bucket.lease(PoolReport(charge=broken), now_s)
        return replace(lease, granted=granted, parts=sharers)

    async def _tell_block(self, pool: str) -> None:
        """Tell of a block, again and again until it is told or over."""
        share = self._shares[pool]
        left_s = share.blocked_s
        if self._cache is None or not left_s or await self._cache.block(pool, left_s):
            # It may have grown meanwhile: refusals come in bunches.
            if share.blocked_s <= left_s:
                self._unsaid.discard(pool)
        else:
            self._telemetry.emit(CacheBypassed("block"))

    def _tell_level(self, share: PoolShare) -> None:
        name, level = share.name, share.level
        if share.is_known:
            self._telemetry.emit(PoolRead(name, *share.left))
        if level != self._levels[name]:
            self._levels[name] = level
            self._telemetry.emit(PoolChanged(name, level))


def _times(amounts: Amounts, factor: int) -> Amounts:
    return Amounts(*(amount * factor for amount in amounts))
