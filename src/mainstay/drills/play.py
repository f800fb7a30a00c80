"""Plays a drill: steady state first, then the fault, then back to steady."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from mainstay.domain.errors import MainstayError, StoreUnavailable
from mainstay.drills.alone import Alone, Unsteady
from mainstay.drills.fault import KEEP_S
from mainstay.drills.figures import Figures, figures_of, unheard
from mainstay.drills.outcome import Outcome, Phase
from mainstay.drills.plan import BLIND, BLIND_S, CROWDED, UNHEARD, Plan
from mainstay.drills.site import Site
from mainstay.drills.steady import settled, unsteady
from mainstay.ports.hearing import Heard

LOOK_S = 1.0
MOST = 20_000
"""Turns that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long the phases last, in seconds.

    Args:
        before_s: of watching what is normal.
        during_s: of the fault.
        after_s: at most, of waiting until all is as before.
    """

    before_s: float
    during_s: float
    after_s: float


@dataclass(slots=True)
class Player:
    """Plays one drill.

    Args:
        plan: which.
        site: where.
        times: how long.
        tell: takes a line of progress.
        refused: returns how many messages of the driller's own customers were turned
            away so far; None without such customers.
    """

    plan: Plan
    site: Site
    times: Times
    tell: Callable[[str], None]
    refused: Callable[[], int] | None = None
    _turns: Sequence[Heard] = ()
    _now_ms: int = 0
    _start_ms: int = 0
    _looked_s: float = 0.0

    async def play(self) -> Outcome:
        """Play it to its end; whatever happens, the fault is taken back.

        Raises:
            Unsteady: there is too little traffic, something is wrong already, or
                another drill is on.
            MainstayError: the system lacks what this drill needs.
        """
        async with Alone(self.site, self.plan.name) as alone:
            return await self._play(alone)

    async def _play(self, alone: Alone) -> Outcome:
        await self._ask_for_what_it_needs()
        before = await self._watch_before()
        # Once more: a worker may be gone by now, or the store have been.
        await self._ask_for_what_it_needs()
        if not alone.is_sure:
            raise Unsteady(CROWDED)
        marks = [self._refused()]
        self.tell(f"fault begins: {self.plan.name}")
        began_ms = await self.site.hearing.now_ms()
        aborted = await self._go_wrong(began_ms, alone)
        ended_ms = await self._time()
        marks.append(self._refused())
        self.tell(f"fault ended{': ' + aborted if aborted else ''}")
        steady_s = await self._watch_after(ended_ms)
        marks.append(self._refused())
        missed = await self._missed()
        during, after = self._split(began_ms, ended_ms)
        figures: dict[Phase, Figures] = {
            "before": before,
            "during": figures_of(during, self._now_ms),
            "after": figures_of(after, self._now_ms),
        }
        return Outcome(
            name=self.plan.name,
            began_ms=began_ms,
            ended_ms=ended_ms,
            figures=figures,
            went_wrong=not missed,
            aborted=aborted,
            refuted=missed or self._refuted(figures, steady_s, alone),
            steady_after_s=steady_s,
            turns=self._turns,
            refused=self._refused_of(marks),
        )

    async def _ask_for_what_it_needs(self) -> None:
        standing = {one.order.kind for one in await self.site.orders.standing()}
        for kind in standing - {"drill", "roll-call"}:
            raise Unsteady(f"{kind} is being drilled already; wait until it is over")
        if lacking := await self.plan.lacks(self.site):
            raise MainstayError(lacking)

    async def _watch_before(self) -> Figures:
        self._start_ms = await self.site.hearing.now_ms()
        self.tell(f"watching what is normal for {self.times.before_s:g} s")
        await self.site.clock.sleep(self.times.before_s)
        await self._look()
        if wrong := unsteady(self._turns, self._now_ms, self.times.before_s):
            raise Unsteady(wrong)
        return figures_of(self._turns, self._now_ms)

    async def _go_wrong(self, began_ms: int, alone: Alone) -> str:
        """Let it go wrong for its time; return why it was broken off, "" if not."""
        fault, for_s = self.plan.fault, self.times.during_s
        until_s = self.site.clock.monotonic_s() + for_s
        going = asyncio.create_task(fault.begin(self.site, for_s))
        kept_s = self.site.clock.monotonic_s()
        try:
            while (now_s := self.site.clock.monotonic_s()) < until_s:
                if going.done():
                    going.result()
                if going.done() and now_s >= kept_s + KEEP_S:
                    await self._kept()
                    kept_s = now_s
                await self._look()
                if unheard(self._turns, self._now_ms):
                    return UNHEARD
                if self.site.clock.monotonic_s() >= self._looked_s + BLIND_S:
                    return BLIND
                if not alone.is_sure:
                    return CROWDED
                self._report(began_ms)
                await self.site.clock.sleep(LOOK_S)
            await going
        finally:
            going.cancel()
            await asyncio.wait([going])
            await self._taken_back()
        return ""

    async def _kept(self) -> None:
        # A word that does not get through is said again in time, or the fault ends.
        with suppress(StoreUnavailable):
            await self.plan.fault.keep(self.site)

    async def _taken_back(self) -> None:
        with suppress(StoreUnavailable):
            await self.plan.fault.end(self.site)

    async def _missed(self) -> str:
        with suppress(StoreUnavailable):
            return await self.plan.fault.missed(self.site)
        return "the store could not say whether anything went wrong"

    async def _watch_after(self, ended_ms: int) -> float | None:
        """Return the seconds until all was as before; None if it was not in time.

        Whoever wrote during the fault has heard by then.
        """
        until_s = self.site.clock.monotonic_s() + self.times.after_s
        while self.site.clock.monotonic_s() < until_s:
            await self.site.clock.sleep(LOOK_S)
            await self._look()
            during = [one for one in self._turns if one.accepted_at_ms < ended_ms]
            if all(one.heard_at_ms for one in during):
                steady_s = settled(self._turns, ended_ms)
                if steady_s is not None:
                    return steady_s
        return None

    async def _look(self) -> None:
        """Read what customers lived through; a store that is away tells nothing new."""
        with suppress(StoreUnavailable):
            self._now_ms = await self.site.hearing.now_ms()
            self._turns = await self.site.hearing.since(self._start_ms, MOST)
            self._looked_s = self.site.clock.monotonic_s()

    async def _time(self) -> int:
        with suppress(StoreUnavailable):
            return await self.site.hearing.now_ms()
        return self._now_ms

    def _split(
        self, began_ms: int, ended_ms: int
    ) -> tuple[Sequence[Heard], Sequence[Heard]]:
        during = [t for t in self._turns if began_ms <= t.accepted_at_ms < ended_ms]
        return during, [t for t in self._turns if t.accepted_at_ms >= ended_ms]

    def _refuted(
        self, figures: dict[Phase, Figures], steady_s: float | None, alone: Alone
    ) -> str:
        if alone.overtaken:
            return "another drill began before this one was over"
        late = figures["during"].late + figures["after"].late
        if late:
            return f"{late} customers did not hear back within 30 s"
        if told := self.plan.refuted(figures["during"]):
            return told
        if steady_s is None:
            return f"not as before {self.times.after_s:g} s after the fault"
        return ""

    def _refused(self) -> int:
        return 0 if self.refused is None else self.refused()

    def _refused_of(self, marks: Sequence[int]) -> dict[Phase, int]:
        if self.refused is None:
            return {}
        before, during, after = marks
        return {"before": before, "during": during - before, "after": after - during}

    def _report(self, began_ms: int) -> None:
        during = [t for t in self._turns if t.accepted_at_ms >= began_ms]
        now = figures_of(during, self._now_ms)
        at_s = (self._now_ms - began_ms) / 1000
        levels = "/".join(map(str, now.levels))
        told = f"{now.messages} messages, {now.heard} heard, levels {levels}"
        self.tell(f"  {at_s:5.1f} s: {told}")
