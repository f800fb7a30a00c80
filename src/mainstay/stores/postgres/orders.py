"""Orders of drills on PostgreSQL."""

from collections.abc import Sequence

from mainstay.domain.order import MAX_HELD_S, Order, Standing
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.statements import load

SQL = load("postgres", "readiness")


class PostgresOrders:
    """One order of a kind at a time, each with its end; all may be said twice."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def hold(self, order: Order, for_s: float) -> None:
        """Let an order hold for so many seconds from now."""
        await self._reader.row(SQL["hold"], *_row(order, for_s))

    async def take(self, order: Order, for_s: float) -> bool:
        """Do the same, unless another one of its kind holds."""
        return await self._reader.row(SQL["take"], *_row(order, for_s)) is not None

    async def lift(self, order: Order) -> None:
        """End an order."""
        await self._reader.row(SQL["lift"], order.kind, order.target)

    async def standing(self) -> Sequence[Standing]:
        """Return the orders that hold now."""
        rows = await self._reader.rows(SQL["standing"])
        return [Standing(Order(r[0], r[1], r[2]), r[3] / 1000) for r in rows]


def _row(order: Order, for_s: float) -> tuple[str, str, float, int]:
    if for_s > MAX_HELD_S:
        raise ValueError(f"an order holds {MAX_HELD_S:g} s at most, not {for_s}")
    return order.kind, order.target, order.factor, round(for_s * 1000)
