"""The gate of the provider's limits: all workers share what a minute may hold."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from mainstay.agent.gate import CallEnd, ProposedCall, Refusal
from mainstay.domain.model_call import FailureKind, ModelFailure, ModelOutcome
from mainstay.domain.pool import NOTHING, Amounts, pool_of
from mainstay.domain.step import ModelStep
from mainstay.ports.clock import Clock
from mainstay.resilience.call_estimate import CallEstimate
from mainstay.resilience.deadline import Deadline
from mainstay.resilience.pool_share import Level, PoolShare

AFTER_WAIT_S = 9.0
"""Seconds that must be left to a turn after its wait: up to 3 until a worker finds it
in the store, and 6 to enter a level that calls a model."""

LEASE_S = 2.0
"""The longest that one wait for a slice may take, seconds."""

TRIES = 3
"""Slices that one call waits for; others may use them up before it."""

RAMP_S = 1.0
"""How long a ramp limit keeps everybody away that does not say how long."""

LIMITED: frozenset[FailureKind] = frozenset({"rate_limited", "ramp_limited"})
"""Kinds by which the provider says that a limit is reached."""

UNCOUNTED: frozenset[FailureKind] = frozenset(
    {
        *("rate_limited", "ramp_limited", "auth", "rotated", "invalid", "too_long"),
        *("model_gone", "conflict", "shed"),
    }
)
"""Kinds of calls that were refused before they used anything."""


class Shares(Protocol):
    """This process's shares of the pools: ``caches.pool_leases.PoolLeases``."""

    @property
    def sharers(self) -> int:
        """How many workers draw on the pools; 1 or more."""
        ...

    def of(self, pool: str) -> PoolShare:
        """Return the share of a pool."""
        ...

    def nudge(self) -> None:
        """Renew all shares soon."""
        ...

    def block(self, pool: str, for_s: float, *, ramps: bool) -> None:
        """Keep everybody from a pool; never blocks."""
        ...

    async def renew(self, pool: str, need: Amounts = NOTHING) -> None:
        """Lease a new slice for a share."""
        ...


@dataclass(frozen=True, slots=True)
class RateGate:
    """Lets calls pass while their pool has room; a limit that nobody knows is none.

    A call that finds no room waits on the queue when its turn comes within the
    deadline, else its turn goes down the ladder. While a pool is blocked the other one
    is tried first. Of a pool that is low, turns of low priority get nothing as long as
    the fallback's is not low.

    Args:
        shares: of the pools of all models.
        models: the primary model and, when there is one, the fallback.
        clock: monotonic time.
    """

    shares: Shares
    models: tuple[str, ...]
    clock: Clock
    estimates: dict[str, CallEstimate] = field(default_factory=dict[str, CallEstimate])

    async def admit(self, call: ProposedCall) -> "_Reserved | Refusal":
        """Reserve what the call will probably use."""
        model = call.request.model
        share = self.shares.of(pool_of(model))
        refusal = self._refusal(call, share)
        if refusal is not None:
            return refusal
        estimate = self.estimates.setdefault(model, CallEstimate())
        need = share.fits(estimate.of(call.request, self.clock.monotonic_s()))
        behind = share.line_s > 0 and not call.again
        if not behind and await self._take(share, need):
            return _Reserved(self, call, share, need)
        return self._later(call, share, need)

    def _refusal(self, call: ProposedCall, share: PoolShare) -> Refusal | None:
        blocked_s = share.blocked_s
        if blocked_s:
            elsewhere = self._below(call) & {"ample", "low"}
            waits = not elsewhere and _fits(blocked_s, call.deadline)
            return Refusal(f"the pool {share.name} is blocked", blocked_s, waits)
        if (
            call.low_priority
            and share.level != "ample"
            and "ample" in self._below(call)
        ):
            return Refusal(f"the pool {share.name} is low, and so is the priority")
        return None

    def _below(self, call: ProposedCall) -> set[Level]:
        """Return how the other pools stand that are left below this call's model."""
        model = call.request.model
        below = self.models[1:] if model == self.models[0] else ()
        pools = {pool_of(other) for other in below} - {pool_of(model)}
        return {self.shares.of(pool).level for pool in pools}

    async def _take(self, share: PoolShare, need: Amounts) -> bool:
        if share.take(need):
            return True
        share.want(need, 1)
        try:
            for _ in range(TRIES):
                if share.is_dry:
                    return False
                # Whatever holds a lease up must not hold a turn up.
                async with asyncio.timeout(LEASE_S):
                    await self.shares.renew(share.name, need)
                if share.take(need):
                    return True
        except TimeoutError:
            return False
        finally:
            share.want(need, -1)
        return False

    def _later(self, call: ProposedCall, share: PoolShare, need: Amounts) -> Refusal:
        cause = f"the pool {share.name} is used up"
        within_s = call.deadline.remaining_s() - AFTER_WAIT_S
        wait_s = share.wait(need, within_s, self.shares.sharers)
        return Refusal(cause) if wait_s is None else Refusal(cause, wait_s, waits=True)


@dataclass(frozen=True, slots=True)
class _Reserved:
    """A call whose estimate is taken out of its pool."""

    gate: RateGate
    call: ProposedCall
    share: PoolShare
    taken: Amounts

    def settle(self, end: CallEnd) -> None:
        """Count what it used, and take note of what the provider said."""
        outcome, shares = end.outcome, self.gate.shares
        self.share.settle(self.taken, self._used(outcome))
        is_news = outcome.pool is not None and self.share.see(outcome.pool)
        if isinstance(outcome, ModelFailure) and outcome.kind in LIMITED:
            self._block(outcome)
            is_news = True
        if is_news:
            shares.nudge()

    def give_back(self) -> None:
        """Put all of it back."""
        self.share.settle(self.taken, NOTHING)

    def _used(self, outcome: ModelOutcome) -> Amounts:
        if isinstance(outcome, ModelStep):
            usage, request = outcome.usage, self.call.request
            estimate = self.gate.estimates[request.model]
            estimate.learn(request, usage, self.gate.clock.monotonic_s())
            read = usage.input_tokens + usage.cache_write_tokens
            return Amounts(1, read, usage.output_tokens)
        if outcome.kind in UNCOUNTED:
            return NOTHING
        if outcome.kind == "overloaded":
            return Amounts(1, 0, 0)
        return self.taken  # how far it got is not known

    def _block(self, failure: ModelFailure) -> None:
        ramps = failure.kind == "ramp_limited"
        for_s = failure.retry_after_s or (RAMP_S if ramps else 0.0)
        if for_s > 0:
            self.gate.shares.block(self.share.name, for_s, ramps=ramps)


def _fits(wait_s: float, deadline: Deadline) -> bool:
    return deadline.allows(wait_s + AFTER_WAIT_S)
