"""The human side on PostgreSQL."""

from collections.abc import Sequence
from typing import Literal

from mainstay.domain.errors import Conflict, NotFound
from mainstay.domain.message import Message
from mainstay.ports.chance import Ids
from mainstay.ports.desk import DeadTurn, Escalation
from mainstay.ports.journal import Approval
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.writer import Piece, Writer
from mainstay.stores.rows import approval_of
from mainstay.stores.statements import load

SQL = load("postgres", "desk")

REDRIVE_AT_ONCE = 500
"""Customers' messages wait behind no more, and these are stored well in time."""


class PostgresDesk:
    """Changes of owner and words of humans."""

    def __init__(self, writer: Writer, reader: Reader, ids: Ids) -> None:
        self._writer = writer
        self._reader = reader
        self._ids = ids

    async def take_over(self, conversation_id: str, actor: str, reason: str) -> bool:
        """Give the conversation to a human; open turns become ``handed_off``."""
        return await self._change("take_over", conversation_id, actor, reason=reason)

    async def hand_back(self, conversation_id: str, actor: str) -> bool:
        """Give it back; customer messages no human answered become a turn."""
        turn_id = self._ids.new("turn")
        return await self._change("hand_back", conversation_id, actor, turn_id=turn_id)

    async def reply(self, conversation_id: str, actor: str, text: str) -> Message:
        """Store a human's message."""
        id_ = self._ids.new("msg")
        row = {"conversation_id": conversation_id, "actor": actor}
        row |= {"message_id": id_, "text": text}
        told = await self._writer.run(
            Piece("human_reply", row, conversation_id, news=True)
        )
        match told:
            case None:
                raise NotFound(f"no conversation {conversation_id}")
            case False:
                raise Conflict("the AI owns this conversation; take it over first")
            case [seq, at_ms]:
                return Message(id_, seq, "human", text, None, None, None, at_ms)
            case _:
                raise ValueError(told)

    async def approvals(self) -> Sequence[Approval]:
        """Return the calls that wait for a decision, oldest first."""
        return [approval_of(row) for row in await self._reader.rows(SQL["approvals"])]

    async def decide(
        self, approval_id: str, actor: str, decision: Literal["approve", "deny"]
    ) -> Approval:
        """Decide once; opens the turn that carries the decision out."""
        place = await self._reader.row(SQL["approval_place"], approval_id)
        if place is None:
            raise NotFound(f"no approval {approval_id}")
        state = "approved" if decision == "approve" else "denied"
        row = {"approval_id": approval_id, "actor": actor, "state": state}
        row |= {"conversation_id": place[0], "turn_id": self._ids.new("turn")}
        told = await self._writer.run(Piece("decide", row, place[0], news=True))
        if isinstance(told, str):
            raise Conflict(f"approval {approval_id} was {told} already")
        return approval_of(told)

    async def escalations(self) -> Sequence[Escalation]:
        """Return what waits in the human inbox, oldest first."""
        return [Escalation(*row) for row in await self._reader.rows(SQL["escalations"])]

    async def redrive(self, turn_ids: Sequence[str] | None, actor: str) -> int:
        """Give dead turns new attempts; return how many."""
        wanted = None if turn_ids is None else list(turn_ids)
        found = await self._reader.rows(SQL["dead_places"], wanted)
        pieces = [
            Piece(
                "redrive",
                {"turn_id": turn, "conversation_id": place, "actor": actor},
                place,
                news=True,
            )
            for turn, place in found
        ]
        redriven = 0
        for n in range(0, len(pieces), REDRIVE_AT_ONCE):
            told = await self._writer.run_all(pieces[n : n + REDRIVE_AT_ONCE])
            redriven += sum(told)
        return redriven

    async def dead(self) -> Sequence[DeadTurn]:
        """Return dead turns, newest first."""
        return [DeadTurn(*row) for row in await self._reader.rows(SQL["dead"])]

    async def _change(
        self, verb: str, conversation_id: str, actor: str, **more: str
    ) -> bool:
        row = {"conversation_id": conversation_id, "actor": actor, **more}
        changed: bool | None = await self._writer.run(
            Piece(verb, row, conversation_id, news=True)
        )
        if changed is None:
            raise NotFound(f"no conversation {conversation_id}")
        return changed
