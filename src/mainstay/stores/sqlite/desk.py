"""The human side on SQLite."""

from collections.abc import Sequence
from typing import Literal

from mainstay.domain.errors import Conflict, NotFound
from mainstay.domain.message import Message
from mainstay.ports.chance import Ids
from mainstay.ports.desk import DeadTurn, Escalation
from mainstay.ports.journal import Approval
from mainstay.stores.rows import approval_of
from mainstay.stores.sqlite.decisions import decide, redrive
from mainstay.stores.sqlite.inbox import SQL as INBOX
from mainstay.stores.sqlite.inbox import add_event, open_turn
from mainstay.stores.sqlite.owner import SQL as OWNER
from mainstay.stores.sqlite.owner import give_to_human
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "desk")


class SqliteDesk:
    """Changes of owner and words of humans."""

    def __init__(self, writer: Writer, reader: Reader, ids: Ids) -> None:
        self._writer = writer
        self._reader = reader
        self._ids = ids

    async def take_over(self, conversation_id: str, actor: str, reason: str) -> bool:
        """Give the conversation to a human; open turns become ``handed_off``."""

        def work(unit: Unit) -> bool:
            _must_exist(unit, conversation_id)
            return give_to_human(unit, conversation_id, actor, reason)

        return await self._writer.run(work)

    async def hand_back(self, conversation_id: str, actor: str) -> bool:
        """Give it back; customer messages no human answered become a turn."""
        return await self._writer.run(
            lambda unit: self._hand_back(unit, conversation_id, actor)
        )

    async def reply(self, conversation_id: str, actor: str, text: str) -> Message:
        """Store a human's message."""
        return await self._writer.run(
            lambda unit: self._reply(unit, conversation_id, actor, text)
        )

    async def approvals(self) -> Sequence[Approval]:
        """Return the calls that wait for a decision, oldest first."""
        rows = await self._reader.run(
            lambda db: db.execute(SQL["approvals"]).fetchall()
        )
        return [approval_of(row) for row in rows]

    async def decide(
        self, approval_id: str, actor: str, decision: Literal["approve", "deny"]
    ) -> Approval:
        """Decide once; opens the turn that carries the decision out."""
        return approval_of(
            await self._writer.run(
                lambda unit: decide(unit, self._ids, approval_id, actor, decision)
            )
        )

    async def escalations(self) -> Sequence[Escalation]:
        """Return what waits in the human inbox, oldest first."""
        rows = await self._reader.run(
            lambda db: db.execute(SQL["escalations"]).fetchall()
        )
        return [Escalation(*row) for row in rows]

    async def redrive(self, turn_ids: Sequence[str] | None, actor: str) -> int:
        """Give dead turns new attempts; return how many."""
        return await self._writer.run(lambda unit: redrive(unit, turn_ids, actor))

    async def dead(self) -> Sequence[DeadTurn]:
        """Return dead turns, newest first."""
        rows = await self._reader.run(lambda db: db.execute(SQL["dead"]).fetchall())
        return [DeadTurn(*row) for row in rows]

    def _hand_back(self, unit: Unit, conversation_id: str, actor: str) -> bool:
        if _must_exist(unit, conversation_id) == "ai":
            return False
        where = {"conversation_id": conversation_id, "now_ms": unit.now_ms}
        first, last = unit.row(OWNER["unanswered"], where)
        work = first is not None
        under_way = unit.row(OWNER["under_way"], where) is not None
        row = where | {"events": 1 + work, "work": work, "under_way": under_way}
        event = unit.row(OWNER["to_ai"], row)[0]
        add_event(unit, conversation_id, event - work, "owner", {"owner": "ai"})
        if work:
            turn_id = self._ids.new("turn")
            trace = unit.row(OWNER["trace_of_message"], where | {"seq": first})
            row = where | {"seq": last, "trace": trace and trace[0]}
            open_turn(unit, row, turn_id, "pending", first_seq=first)
            data = {"turn_id": turn_id, "state": "pending"}
            add_event(unit, conversation_id, event, "turn", data)
        unit.execute(OWNER["resolve"], where)
        unit.audit(actor, "owner.ai", conversation_id)
        unit.touched.add(conversation_id)
        return True

    def _reply(
        self, unit: Unit, conversation_id: str, actor: str, text: str
    ) -> Message:
        _must_exist(unit, conversation_id)
        where = {"conversation_id": conversation_id, "now_ms": unit.now_ms}
        numbers = unit.row(OWNER["number_human"], where)
        if numbers is None:
            raise Conflict("the AI owns this conversation; take it over first")
        seq, event = numbers
        message = Message(
            self._ids.new("msg"), seq, "human", text, None, None, None, unit.now_ms
        )
        row = where | {"message_id": message.id, "seq": seq, "role": "human"}
        row |= {"text": text, "turn_id": None, "level": None, "model": None}
        unit.execute(INBOX["add_message"], row)
        add_event(unit, conversation_id, event, "message", seq=seq)
        unit.audit(actor, "human.replied", message.id)
        unit.touched.add(conversation_id)
        return message


def _must_exist(unit: Unit, conversation_id: str) -> str:
    """Return the owner."""
    row = unit.row(OWNER["exists"], {"conversation_id": conversation_id})
    if row is None:
        raise NotFound(f"no conversation {conversation_id}")
    return row[0]
