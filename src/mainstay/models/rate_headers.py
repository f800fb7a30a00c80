"""The ``anthropic-ratelimit-*`` headers of an answer, as the domain has them.

Source: https://platform.claude.com/docs/en/api/rate-limits. Their ``-reset`` is not
read: buckets are refilled evenly, so that limit and rest tell it.
"""

from collections.abc import Iterable

from mainstay.domain.pool import Amounts, PoolState

_PREFIX = b"anthropic-ratelimit-"
_FIGURES = tuple(
    (f"{what}-limit".encode(), f"{what}-remaining".encode())
    for what in ("requests", "input-tokens", "output-tokens")
)

MOST = 10**12
"""A larger figure is no limit; Redis' scripts count it exactly still."""


def pool_state(headers: Iterable[tuple[bytes, bytes]]) -> PoolState | None:
    """Return what the headers say of the pool; None when they name no limit.

    Read in one go: to look each up by its name costs more.

    Args:
        headers: name and value, as they came.
    """
    told: dict[bytes, int] = {}
    for name, value in headers:
        key = name.lower()
        if key.startswith(_PREFIX) and value.isdigit():
            told[key[len(_PREFIX) :]] = int(value)
    if not told:
        return None
    pairs = [_pair(told.get(limit, 0), told.get(rest)) for limit, rest in _FIGURES]
    limits, rests = zip(*pairs, strict=True)
    return PoolState(Amounts(*limits), Amounts(*rests)) if any(limits) else None


def _pair(limit: int, rest: int | None) -> tuple[int, int]:
    """Return limit and rest; 0 and 0 unless both are there and make sense."""
    if rest is None or not 0 < limit <= MOST:
        return 0, 0
    return limit, min(limit, rest)
