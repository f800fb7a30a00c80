"""Leases out of a model pool: what processes tell of their use, and what they may use.

A process does not ask for each call. It leases a slice, uses it up without asking, and
comes back when that is used up, or after a second.
"""

from dataclasses import dataclass

from mainstay.domain.pool import NOTHING, Amounts, PoolState

WINDOW_S = 60.0
"""A limit is a minute's worth."""

FLOOR = 0.05
"""The share of each limit that is never leased: for calls that turn out larger."""

AMPLE = 0.5
"""Above this share left, slices are as large as their lessee wants."""

AMPLE_PART = 4
SCARCE_PART = 16
"""Of what can be leased, the part that one slice takes beyond the calls at hand."""

RAMP_S = 60.0
"""After a ramp limit, the rate of refill grows from nothing to all in this time."""


@dataclass(frozen=True, slots=True)
class PoolReport:
    """What a process tells of its use, and asks for.

    Args:
        charge: used beyond earlier leases; negative for what it gives back.
        need: what it must have now; all of it is granted, or nothing at all.
        hand: what the calls that it has at hand need, the need included; as much of it
            as there is.
        want: what it would like to have, all that included.
        seen: what the provider said last, None when that is told already.
        seen_age_s: seconds since then.
        ramp_in_s: the provider finds that traffic grew too fast: seconds until it may
            begin to grow anew; None otherwise.
    """

    charge: Amounts = NOTHING
    need: Amounts = NOTHING
    hand: Amounts = NOTHING
    want: Amounts = NOTHING
    seen: PoolState | None = None
    seen_age_s: float = 0.0
    ramp_in_s: float | None = None


@dataclass(frozen=True, slots=True)
class PoolLease:
    """What a process may use from now on, on top of what it had.

    Args:
        granted: a slice; nothing when the need cannot be met.
        limit: a minute; 0 for what nobody was told of: that is not limited.
        left: of the limit, slices that are leased but not used taken off.
        wait_s: seconds until the need can be met if nobody else uses more; else 0.0.
        blocked_s: seconds for which nobody may use the pool.
        parts: so many processes have a part of the limit each; 1 while they share it.
    """

    granted: Amounts
    limit: Amounts
    left: Amounts
    wait_s: float = 0.0
    blocked_s: float = 0.0
    parts: int = 1
