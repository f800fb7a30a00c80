"""What a bucket's count says, in whole numbers."""

from mainstay.ports.limiter import Decision

REQUEST_TICKS = 60_000_000
"""One request, in ticks: there are ``rate_per_minute`` of them in a microsecond."""


def decision_of(
    allowed: bool, used_ticks: int, rate_per_minute: int, burst: int
) -> Decision:
    """Return the decision on a request, with times rounded up to the microsecond.

    Args:
        allowed: whether it was let through.
        used_ticks: what is used of the bucket, this request included if it was.
        rate_per_minute: requests that are refilled.
        burst: requests a full bucket holds.
    """
    capacity = burst * REQUEST_TICKS
    excess = used_ticks + REQUEST_TICKS - capacity
    # Rounded up: who waits for just this long finds a request there.
    wait_s = -(-excess // rate_per_minute) / 1e6
    return Decision(
        allowed=allowed,
        retry_after_s=0.0 if allowed else wait_s,
        remaining=(capacity - used_ticks) // REQUEST_TICKS,
        limit=rate_per_minute,
        reset_s=-(-used_ticks // rate_per_minute) / 1e6,
    )
