"""Hours as rows, and the identities of a span's turns."""

from collections.abc import Sequence
from typing import Any

from mainstay.domain.hour import HourSums
from mainstay.domain.identity import first_of
from mainstay.stores.codec import dumps, loads

CLOCKS_MS = 60_000
"""How far the clock of the process that named a turn may be from the store's."""


def hour_of(row: Sequence[Any]) -> HourSums:
    """Columns: hour, until_ms, turns, failed, levels, waits, usd."""
    hour, until_ms, turns, failed, levels, waits, usd = row
    of_levels, of_waits = tuple(loads(levels)), tuple(loads(waits))
    return HourSums(hour, until_ms, turns, failed, of_levels, of_waits, usd)


def row_of_hour(sums: HourSums) -> tuple[Any, ...]:
    """Return the same columns."""
    counts = (sums.hour, sums.until_ms, sums.turns, sums.failed)
    return (*counts, dumps(sums.levels), dumps(sums.waits), sums.usd)


def span_of_turns(since_ms: int, until_ms: int) -> tuple[str, str]:
    """Return the identities between which the turns of a span are."""
    first = first_of("turn", max(0, since_ms - CLOCKS_MS))
    return first, first_of("turn", until_ms + CLOCKS_MS)
