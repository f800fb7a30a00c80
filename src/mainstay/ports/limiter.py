"""Limits of requests: one bucket a key, and what it says about one request."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one request.

    Args:
        allowed: whether it may pass.
        retry_after_s: seconds until one may pass, never too few; 0.0 when this one
            may. Rounded up to seconds it is a right ``Retry-After``.
        remaining: how many more may pass now.
        limit: how many may pass a minute.
        reset_s: seconds until the bucket is full.
    """

    allowed: bool
    retry_after_s: float
    remaining: int
    limit: int
    reset_s: float


class Limiter(Protocol):
    """One bucket of requests a key."""

    async def take(self, key: str) -> Decision:
        """Take one request out of the key's bucket, if there is one."""
        ...
