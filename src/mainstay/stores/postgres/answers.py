"""Earlier answers on PostgreSQL, as administrators see them."""

from collections.abc import Sequence

from mainstay.ports.answers import KeptAnswer
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.writer import Piece, Writer
from mainstay.stores.rows import answer_of, no_answer
from mainstay.stores.statements import load
from mainstay.stores.thresholds import ASKERS, SHOWN_ANSWERS

SQL = load("postgres", "answers")


class PostgresAnswers:
    """Lists, approves and removes."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def list(self) -> Sequence[KeptAnswer]:
        """Return answers: what is shared first, then the most and the last given."""
        rows = await self._reader.rows(SQL["list"], ASKERS, SHOWN_ANSWERS)
        return [answer_of(row) for row in rows]

    async def approve(self, answer_id: str, actor: str) -> KeptAnswer:
        """Let customers be given it from now on, for its whole time again."""
        return await self._decide("approve_answer", answer_id, actor)

    async def remove(self, answer_id: str, actor: str) -> KeptAnswer:
        """Erase it; for its whole time no other answer takes its place."""
        return await self._decide("remove_answer", answer_id, actor)

    async def _decide(self, verb: str, answer_id: str, actor: str) -> KeptAnswer:
        # Alone: its group must not hold an answer and wait for a conversation.
        piece = Piece(verb, {"ref": answer_id, "actor": actor}, alone=True)
        row = await self._writer.run(piece)
        if row is None:
            raise no_answer(answer_id)
        return answer_of(row)
