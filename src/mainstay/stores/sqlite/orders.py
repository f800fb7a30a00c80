"""Orders of drills on SQLite."""

from collections.abc import Sequence

from mainstay.domain.order import MAX_HELD_S, Order, OrderKind, Standing
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
        if for_s > MAX_HELD_S:
            raise ValueError(f"an order holds {MAX_HELD_S:g} s at most, not {for_s}")
        row = {"kind": order.kind, "target": order.target, "factor": order.factor}

        def work(unit: Unit) -> None:
            until = {"until_ms": unit.now_ms + round(for_s * 1000)}
            unit.execute(SQL["hold"], row | until)

        await self._writer.run(work)

    async def lift(self, kind: OrderKind) -> None:
        """End an order."""
        await self._writer.run(lambda u: u.execute(SQL["lift"], {"kind": kind}))

    async def standing(self) -> Sequence[Standing]:
        """Return the orders that hold now."""
        rows = self._reader.rows(SQL["standing"], {"now_ms": self._clock.now_ms()})
        return [Standing(Order(*row[:3]), row[3] / 1000) for row in rows]
