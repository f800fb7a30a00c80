"""Shared breakers whose forcing is in the audit."""

from collections.abc import Sequence

from mainstay.caches.shared_breakers import SharedBreakers
from mainstay.domain.errors import NotFound
from mainstay.ports.audit import Audit
from mainstay.ports.breakers import BreakerStatus
from mainstay.ports.circuits import ForcedState


class AuditedBreakers:
    """``ports.Breakers``: an operator's word holds once the audit has it.

    Args:
        shared: the breakers.
        audit: the store's.
    """

    def __init__(self, shared: SharedBreakers, audit: Audit) -> None:
        self._shared = shared
        self._audit = audit

    async def statuses(self) -> Sequence[BreakerStatus]:
        """Return each breaker: as all processes know it, or as this one does."""
        return await self._shared.statuses()

    async def force(
        self, actor: str, name: str, state: ForcedState, for_s: float, reason: str
    ) -> BreakerStatus:
        """Keep a breaker open or closed for a time, or leave it to itself."""
        if name not in self._shared:
            raise NotFound(f"no breaker {name}; see: mainstay breakers list")
        detail = {"state": state, "for_s": f"{for_s:g}", "reason": reason}
        await self._audit.note(actor, "breaker.forced", name, detail)
        return await self._shared.force(name, state, for_s, reason)
