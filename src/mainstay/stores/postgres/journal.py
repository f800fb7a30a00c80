"""The journal on PostgreSQL: each write locks the conversation, checks its fence."""

from dataclasses import asdict
from typing import Any

from mainstay.domain.errors import Conflict, LeaseLost, TakenOver
from mainstay.domain.spend import NOTHING, Amount
from mainstay.domain.turn import Claim
from mainstay.ports.chance import Ids
from mainstay.ports.journal import (
    DOUBT,
    Approval,
    EffectChange,
    Ending,
    Entry,
    Record,
    most_messages,
)
from mainstay.stores.codec import dumps, loads, step_row
from mainstay.stores.postgres.driver import errors
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.writer import Piece, Writer
from mainstay.stores.rows import (
    approval_of,
    conversation_of,
    effect_of,
    message_of,
    spent_of,
    steps_of,
)
from mainstay.stores.statements import load

SQL = load("postgres", "journal")

MAX_EFFECTS = 100


class PostgresJournal:
    """Fenced writes of one turn."""

    def __init__(self, writer: Writer, reader: Reader, ids: Ids) -> None:
        self._writer = writer
        self._reader = reader
        self._ids = ids

    async def load(self, claim: Claim, *, after: int = 0) -> Record:
        """Read all that the turn needs; the claim is committed already."""
        lease, turn = claim.lease, claim.turn
        row = await self._reader.row(
            SQL["load"],
            lease.conversation_id,
            lease.lease_epoch,
            lease.owner,
            turn.id,
            most_messages(turn),
            MAX_EFFECTS,
            after,
        )
        if row is None:
            raise LeaseLost(lease.conversation_id)
        messages = [message_of(m) for m in loads(row["messages"])]
        steps, uncounted = steps_of(loads(row["steps"]))
        return Record(
            conversation=conversation_of(row),
            messages=messages,
            steps=steps,
            effects=[effect_of(e) for e in loads(row["effects"])],
            approval=await self._approval(turn.approval_id),
            earlier_messages=max(0, row["last_seq"] - len(messages)),
            spent=spent_of(loads(row["spent"])),
            uncounted=uncounted,
        )

    async def append(self, claim: Claim, entry: Entry) -> None:
        """Write an entry, all or nothing."""
        row = _names(claim) | self._added(entry) | {"needs_ai": entry.needs_ai}
        if entry.intended:
            row["intended"] = [
                {
                    "key": e.key,
                    "tool": e.tool,
                    "args": dumps(e.args),
                    "state": e.state,
                    "statement": e.statement,
                    "unique_key": e.unique_key,
                }
                for e in entry.intended
            ]
        try:
            told = await self._writer.run(_piece("append", claim, row))
        except errors("UniqueViolationError") as error:
            taken = entry.intended[0].unique_key if entry.intended else "a key"
            raise Conflict(f"an effect under {taken} exists already") from error
        _check(claim, told)

    async def finish(self, claim: Claim, ending: Ending) -> bool:
        """Commit the reply, the turn's end, its events and the lease's end at once."""
        row = _names(claim) | self._added(ending) | _paid(ending.spent)
        row |= self._ended(ending)
        told, more = await self._writer.run(_piece("finish", claim, row, news=True))
        _check(claim, told)
        due: bool = more
        return due

    async def postpone(
        self,
        claim: Claim,
        delay_s: float,
        *,
        orderly: bool,
        spent: Amount = NOTHING,
    ) -> None:
        """End an attempt; the turn is due again after ``delay_s`` seconds."""
        row = _names(claim) | _paid(spent)
        row |= {"delay_ms": int(delay_s * 1000), "orderly": orderly}
        _check(claim, await self._writer.run(_piece("postpone", claim, row)))

    async def _approval(self, approval_id: str | None) -> Approval | None:
        if approval_id is None:
            return None
        return approval_of(await self._reader.row(SQL["approval"], approval_id))

    def _added(self, entry: Entry | Ending) -> dict[str, Any]:
        """Return the entry's steps and changes; what is empty is left out."""
        row: dict[str, Any] = {}
        if entry.steps:
            row["steps"] = [step_row(step) for step in entry.steps]
        if entry.changed:
            row["changed"] = [self._changed(change) for change in entry.changed]
        return row

    def _changed(self, change: EffectChange) -> dict[str, Any]:
        row: dict[str, Any] = {
            "key": change.key,
            "state": change.state,
            "result": None if change.result is None else dumps(change.result),
            "statement": change.statement,
        }
        if change.state == "unknown":
            row |= {"escalate": DOUBT, "escalation_id": self._ids.new("esc")}
        return row

    def _ended(self, ending: Ending) -> dict[str, Any]:
        row: dict[str, Any] = {
            "state": ending.state,
            "text": ending.reply.response,
            "level": ending.reply.fallback_level,
            "model": ending.reply.model,
            "message_id": self._ids.new("msg"),
            "usage": dumps(ending.usage),
            "cost_usd": ending.cost_usd,
            "timings": dumps(ending.timings_ms),
        }
        if ending.approvals:
            row["approvals"] = [_asked(approval) for approval in ending.approvals]
        if ending.escalate is not None:
            row |= {"escalate": ending.escalate, "escalation_id": self._ids.new("esc")}
        if ending.escalate_once:
            row["escalate_once"] = True
        if ending.question is not None:
            row |= asdict(ending.question) | {"answer_id": self._ids.new("ans")}
        return row


def _piece(
    verb: str, claim: Claim, row: dict[str, Any], *, news: bool = False
) -> Piece:
    return Piece(verb, row, claim.lease.conversation_id, news=news)


def _names(claim: Claim) -> dict[str, Any]:
    """Return what names a claim, and fences its writes."""
    lease = claim.lease
    return {
        "conversation_id": lease.conversation_id,
        "lease_epoch": lease.lease_epoch,
        "owner": lease.owner,
        "owner_epoch": lease.owner_epoch,
        "turn_id": claim.turn.id,
        "attempt": claim.turn.attempt,
    }


def _paid(spent: Amount) -> dict[str, Any]:
    """Return what the piece adds to the sums; a turn may cost nothing."""
    return {"spent": [spent.tokens, spent.usd]} if spent else {}


def _asked(approval: Approval) -> dict[str, Any]:
    return {
        "id": approval.id,
        "conversation_id": approval.conversation_id,
        "turn_id": approval.turn_id,
        "tool": approval.tool,
        "args": dumps(approval.args),
        "key": approval.key,
    }


def _check(claim: Claim, outcome: str) -> None:
    match outcome:
        case "written":
            return
        case "lost":
            raise LeaseLost(claim.lease.conversation_id)
        case "taken_over":
            raise TakenOver(claim.lease.conversation_id)
        case _:
            raise Conflict(f"turn {claim.turn.id} was held meanwhile")
