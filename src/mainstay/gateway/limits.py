"""Rate limits over HTTP: the header fields of draft-ietf-httpapi-ratelimit-headers."""

import math

from mainstay.gateway.problems import Problem
from mainstay.ports.limiter import Decision, Limiter

WINDOW_S = 60


async def spend(limiter: Limiter, customer_id: str) -> dict[str, str]:
    """Take one request from the customer's bucket; return the RateLimit headers.

    Raises:
        Problem: 429 when the bucket is empty.
    """
    decision = await limiter.take(customer_id)
    headers = _headers(decision)
    if decision.allowed:
        return headers
    # Rounded up: a caller that waits for just this long finds a request there.
    wait_s = max(1, math.ceil(decision.retry_after_s))
    raise Problem(
        429,
        "too-many-requests",
        f"This customer sent too many requests; try again in {wait_s} s.",
        headers=headers | {"retry-after": str(wait_s)},
    )


def _headers(decision: Decision) -> dict[str, str]:
    reset_s = math.ceil(decision.reset_s)
    return {
        "ratelimit-policy": f'"customer";q={decision.limit};w={WINDOW_S}',
        "ratelimit": f'"customer";r={decision.remaining};t={reset_s}',
    }
