"""The watchdog's reads and its one write on SQLite."""

from mainstay.domain.reply import Reply
from mainstay.domain.turn import Turn
from mainstay.ports.chance import Ids
from mainstay.ports.clock import Clock
from mainstay.ports.journal import DOUBT
from mainstay.ports.watch import Overdue
from mainstay.stores.rows import effect_of
from mainstay.stores.sqlite.ending import write_reply
from mainstay.stores.sqlite.entries import escalate
from mainstay.stores.sqlite.inbox import REMEMBER_MS, add_event
from mainstay.stores.sqlite.inbox import SQL as INBOX
from mainstay.stores.sqlite.kept import forget
from mainstay.stores.sqlite.leases import turn_of
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.spend import forget_days
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "watch")


class SqliteWatch:
    """Finds overdue turns and holds them."""

    def __init__(self, writer: Writer, reader: Reader, ids: Ids, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._ids = ids
        self._clock = clock

    async def overdue(self, limit: int) -> list[Overdue]:
        """Return unheld open turns past ``answer_by``, oldest first."""
        row = {"now_ms": self._clock.now_ms(), "limit": limit}
        rows = await self._reader.run(
            lambda db: [
                (
                    turn,
                    db.execute(SQL["effects_of_turn"], {"turn_id": turn[0]}).fetchall(),
                )
                for turn in db.execute(SQL["overdue"], row).fetchall()
            ]
        )
        return [Overdue(turn_of(t), [effect_of(e) for e in es]) for t, es in rows]

    async def hold(self, turn: Turn, reply: Reply) -> bool:
        """Commit the holding reply if the turn is still open and unheld."""
        return await self._writer.run(lambda unit: self._hold(unit, turn, reply))

    async def forget(self) -> None:
        """Drop keys past their time and old sums, a bounded number at once."""
        await self._writer.run(_forget)

    async def forget_answers(self) -> int:
        """Drop earlier answers past their time, or too many; return how many."""
        return await self._writer.run(forget)

    async def doubt_abandoned(self) -> int:
        """Mark effects in doubt that no turn will settle; return how many."""
        now = {"now_ms": self._clock.now_ms()}
        found = await self._reader.run(
            lambda db: db.execute(SQL["abandoned"], now).fetchone()
        )
        return await self._writer.run(self._doubt) if found else 0

    def _doubt(self, unit: Unit) -> int:
        left = unit.execute(SQL["abandoned"], {"now_ms": unit.now_ms}).fetchall()
        for key, turn_id, conversation_id in left:
            unit.row(SQL["doubt"], {"key": key})
            unit.audit("watchdog", "effect.unknown", key)
            escalate(unit, self._ids, conversation_id, turn_id, DOUBT)
        return len(left)

    def _hold(self, unit: Unit, turn: Turn, reply: Reply) -> bool:
        names = {"turn_id": turn.id, "conversation_id": turn.conversation_id}
        if unit.row(SQL["hold"], names | {"now_ms": unit.now_ms}) is None:
            return False
        seq, event = unit.row(SQL["number_holding"], names)
        write_reply(unit, self._ids, names, reply, seq=seq, event=event - 1)
        state = {"turn_id": turn.id, "state": "answered", "held": True}
        add_event(unit, turn.conversation_id, event, "turn", state)
        unit.audit("watchdog", "turn.held", turn.id)
        escalate(unit, self._ids, turn.conversation_id, turn.id, "answer overdue")
        return True


def _forget(unit: Unit) -> None:
    unit.execute(INBOX["forget"], {"before_ms": unit.now_ms - REMEMBER_MS})
    forget_days(unit)
