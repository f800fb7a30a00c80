"""One drill at a time: each holds an order that nobody follows, and others find it."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from mainstay.domain.errors import MainstayError, StoreUnavailable
from mainstay.domain.moment import moment
from mainstay.domain.order import Order
from mainstay.drills.site import Site
from mainstay.resilience.every import Every

HELD_S = 60.0
"""So long after its driller's last word a drill keeps others away."""

SAID_S = 2.0
"""How often the driller says it again."""

SURE_S = 40.0
"""So long unheard a drill with a fault is broken off: well before others may begin."""


class Unsteady(MainstayError):
    """A drill is not begun: nobody could tell its fault from what is wrong already."""


@dataclass(slots=True)
class Alone:
    """Keeps every other drill away, from ``async with`` to its end.

    Args:
        site: where.
        name: of the drill.
    """

    site: Site
    name: str
    overtaken: bool = False
    _order: Order = field(default=Order("drill"), init=False)
    _said_s: float = field(default=0.0, init=False)
    _saying: Every = field(init=False)

    def __post_init__(self) -> None:
        self._saying = Every(SAID_S, self._again, self.site.clock)

    async def __aenter__(self) -> Self:
        """Begin.

        Raises:
            Unsteady: another drill is on.
        """
        at = moment(await self.site.hearing.now_ms())
        self._order = Order("drill", f"{self.name} since {at} ({self.site.driller})")
        # Looked at first: a store that cannot be written to can still tell.
        other = await self._other()
        if other or not await self._say():
            other = other or await self._other() or "one that ends now"
            raise Unsteady(
                f"another drill is on: {other}; wait until it is over. One whose "
                f"driller died keeps others away for {HELD_S:g} s more"
            )
        await self._saying.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let others begin; without a store it ends by itself."""
        await self._saying.stop()
        with suppress(StoreUnavailable):
            await self.site.orders.lift(self._order)

    @property
    def is_sure(self) -> bool:
        """Whether no other drill can have begun, nor can soon."""
        unheard_s = self.site.clock.monotonic_s() - self._said_s
        return not self.overtaken and unheard_s < SURE_S

    async def _again(self) -> None:
        with suppress(StoreUnavailable):
            self.overtaken |= not await self._say()

    async def _say(self) -> bool:
        # Counted from before it was said: it holds no shorter than that.
        now_s = self.site.clock.monotonic_s()
        taken = await self.site.orders.take(self._order, HELD_S)
        if taken:
            self._said_s = now_s
        return taken

    async def _other(self) -> str:
        found = (one.order for one in await self.site.orders.standing())
        return next((one.target for one in found if one.kind == "drill"), "")
