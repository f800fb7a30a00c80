"""Orders of drills on SQLite."""

from collections.abc import Sequence

from mainstay.domain.order import MAX_HELD_S, Order, Standing
from mainstay.ports.clock import Clock
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "readiness")


class SqliteOrders:
    """One order of a kind at a time, each with its end."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock

    async def hold(self, order: Order, for_s: float) -> None:
        """Let an order hold for so many seconds from now."""
        held_ms = _checked_ms(for_s)
        await self._writer.run(
            lambda u: u.execute(SQL["hold"], _row(order, u.now_ms + held_ms))
        )

    async def take(self, order: Order, for_s: float) -> bool:
        """Do the same, unless another one of its kind holds."""
        held_ms = _checked_ms(for_s)

        def work(unit: Unit) -> bool:
            row = _row(order, unit.now_ms + held_ms) | {"now_ms": unit.now_ms}
            return unit.row(SQL["take"], row) is not None

        return await self._writer.run(work)

    async def lift(self, order: Order) -> None:
        """End an order."""
        row = {"kind": order.kind, "target": order.target}
        await self._writer.run(lambda u: u.execute(SQL["lift"], row))

    async def standing(self) -> Sequence[Standing]:
        """Return the orders that hold now."""
        rows = self._reader.rows(SQL["standing"], {"now_ms": self._clock.now_ms()})
        return [Standing(Order(*row[:3]), row[3] / 1000) for row in rows]


def _checked_ms(for_s: float) -> int:
    if for_s > MAX_HELD_S:
        raise ValueError(f"an order holds {MAX_HELD_S:g} s at most, not {for_s}")
    return round(for_s * 1000)


def _row(order: Order, until_ms: int) -> dict[str, str | float]:
    what = {"kind": order.kind, "target": order.target, "factor": order.factor}
    return what | {"until_ms": until_ms}
