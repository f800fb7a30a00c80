"""Breakers over HTTP: seen and forced (admin role)."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mainstay.gateway.bodies import Body
from mainstay.gateway.texts import NO_NUL
from mainstay.ports.breakers import MAX_FORCED_S, Breakers, BreakerStatus
from mainstay.ports.circuits import ForcedState
from mainstay.ports.front import Front, StaffRoute

FORCED_S = 3600.0


class ForcedView(msgspec.Struct, frozen=True):
    """An operator's word that holds."""

    state: str
    for_seconds: float
    reason: str


class BreakerView(msgspec.Struct, frozen=True):
    """A circuit breaker; ``scope`` says whose state it is."""

    name: str
    state: Literal["closed", "open", "half_open"]
    scope: Literal["fleet", "process"]
    failures: int
    retry_in_s: float | None
    forced: ForcedView | None

    @classmethod
    def of(cls, one: BreakerStatus) -> "BreakerView":
        """Return the view of a breaker."""
        said = one.forced
        return msgspec.convert(
            {
                "name": one.name,
                "state": one.state,
                "scope": one.scope,
                "failures": one.failures,
                "retry_in_s": one.retry_in_s,
                "forced": said
                and {
                    "state": said.state,
                    "for_seconds": round(said.for_s, 3),
                    "reason": said.reason,
                },
            },
            cls,
        )


class BreakersView(msgspec.Struct, frozen=True):
    """The circuit breakers."""

    breakers: Sequence[BreakerView]


class ForceBody(Body, frozen=True):
    """What a breaker is to be: ``auto`` leaves it to itself."""

    state: ForcedState
    reason: Annotated[str, Meta(max_length=200, pattern=NO_NUL)] = ""
    for_seconds: Annotated[float, Meta(ge=1, le=MAX_FORCED_S)] = FORCED_S


class BreakerRoutes:
    """The routes of breakers.

    Args:
        breakers: all of them.
    """

    def __init__(self, breakers: Breakers) -> None:
        self._breakers = breakers

    def mount(self, front: Front) -> None:
        """Mount the routes."""
        base = "/v1/admin/breakers"
        front.staff(
            StaffRoute(
                "GET",
                base,
                self.list,
                role="admin",
                summary="Circuit breakers",
                answer=BreakersView,
            ),
            StaffRoute(
                "POST",
                f"{base}/{{name}}",
                self.force,
                role="admin",
                summary="Keep a circuit breaker open or closed for a time",
                answer=BreakerView,
                body=ForceBody,
            ),
        )

    async def list(self, _actor: str, _id: str, _body: None) -> BreakersView:
        """Return the circuit breakers."""
        found = await self._breakers.statuses()
        return BreakersView([BreakerView.of(one) for one in found])

    async def force(self, actor: str, name: str, body: ForceBody) -> BreakerView:
        """Force a breaker, once the audit knows of it."""
        forced = await self._breakers.force(
            actor, name, body.state, body.for_seconds, body.reason
        )
        return BreakerView.of(forced)
