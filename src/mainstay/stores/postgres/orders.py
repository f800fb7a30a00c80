"""Orders of drills on PostgreSQL."""

from collections.abc import Sequence

from mainstay.domain.order import MAX_HELD_S, Order, OrderKind, Standing
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.statements import load

SQL = load("postgres", "readiness")


class PostgresOrders:
    """One order of a kind at a time, each with its end; all may be said twice."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def hold(self, order: Order, for_s: float) -> None:
        """Let an order hold for so many seconds from now."""
        if for_s > MAX_HELD_S:
            raise ValueError(f"an order holds {MAX_HELD_S:g} s at most, not {for_s}")
        what = (order.kind, order.target, order.factor)
        await self._reader.row(SQL["hold"], *what, round(for_s * 1000))

    async def lift(self, kind: OrderKind) -> None:
        """End an order."""
        await self._reader.row(SQL["lift"], kind)

    async def standing(self) -> Sequence[Standing]:
        """Return the orders that hold now."""
        rows = await self._reader.rows(SQL["standing"])
        return [Standing(Order(r[0], r[1], r[2]), r[3] / 1000) for r in rows]
