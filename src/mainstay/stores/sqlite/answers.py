"""Earlier answers on SQLite, as administrators see them."""

from collections.abc import Sequence
from typing import Any

from mainstay.ports.answers import KeptAnswer
from mainstay.ports.clock import Clock
from mainstay.stores.rows import answer_of, no_answer
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load
from mainstay.stores.thresholds import ASKERS, SHOWN_ANSWERS

SQL = load("sqlite", "answers")


class SqliteAnswers:
    """Lists, approves and removes."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock

    async def list(self) -> Sequence[KeptAnswer]:
        """Return answers: what is shared first, then the most and the last given."""
        row = {"now_ms": self._clock.now_ms(), "askers": ASKERS, "limit": SHOWN_ANSWERS}
        rows = await self._reader.run(
            lambda db: db.execute(SQL["list"], row).fetchall()
        )
        return [answer_of(one) for one in rows]

    async def approve(self, answer_id: str, actor: str) -> KeptAnswer:
        """Let customers be given it from now on, for its whole time again."""

        def work(unit: Unit) -> KeptAnswer:
            row = _found(unit, answer_id)[1]
            unit.execute(SQL["approve"], row)
            unit.audit(actor, "answer.approved", answer_id)
            return _found(unit, answer_id)[0]

        return await self._writer.run(work)

    async def remove(self, answer_id: str, actor: str) -> KeptAnswer:
        """Erase it; for its whole time no other answer takes its place."""

        def work(unit: Unit) -> KeptAnswer:
            found, row = _found(unit, answer_id)
            unit.execute(SQL["remove"], row)
            unit.audit(actor, "answer.removed", answer_id)
            return found

        return await self._writer.run(work)


def _found(unit: Unit, answer_id: str) -> tuple[KeptAnswer, dict[str, Any]]:
    row = {"ref": answer_id, "askers": ASKERS, "now_ms": unit.now_ms}
    found = unit.row(SQL["one"], row)
    if found is None:
        raise no_answer(answer_id)
    return answer_of(found), row
