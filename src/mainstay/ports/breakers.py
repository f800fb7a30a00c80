"""Breakers as operators see and force them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from mainstay.ports.circuits import ForcedState

MAX_FORCED_S = 86_400.0
"""The longest that a word about a breaker holds: nobody has to remember it."""


@dataclass(frozen=True, slots=True)
class Forced:
    """An operator's word that holds.

    Args:
        state: ``open`` or ``closed``.
        for_s: seconds that it still holds.
        reason: why.
    """

    state: ForcedState
    for_s: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerStatus:
    """A breaker and its state.

    Args:
        name: ``provider/account/model`` or ``tool/name``.
        state: ``closed``, ``open`` or ``half_open``.
        scope: ``fleet`` when the state is that of all processes.
        failures: failures in a row in this process.
        retry_in_s: seconds until an open one lets a trial through, or None.
        forced: what an operator said, or None.
    """

    name: str
    state: str
    scope: Literal["fleet", "process"]
    failures: int = 0
    retry_in_s: float | None = None
    forced: Forced | None = None


class Breakers(Protocol):
    """All breakers of models and tools."""

    async def statuses(self) -> Sequence[BreakerStatus]:
        """Return each breaker: as all processes know it, or as this one does."""
        ...

    async def force(
        self, actor: str, name: str, state: ForcedState, for_s: float, reason: str
    ) -> BreakerStatus:
        """Keep a breaker open or closed for a time, or leave it to itself (``auto``).

        The audit is told first.
        Here it holds at once, in all processes within about a second. The returned
        scope is ``process`` when no other could be told.

        Raises:
            NotFound: there is no such breaker.
            StoreUnavailable: the audit cannot be written, so nothing was done.
        """
        ...
