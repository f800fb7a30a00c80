"""The fence of every journal write, and the rows it guards."""

from typing import Any, Literal

from mainstay.domain.turn import Claim
from mainstay.ports.chance import Ids
from mainstay.ports.journal import DOUBT, Ending, Entry
from mainstay.stores.codec import dumps, step_row
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.statements import load

SQL = load("sqlite", "journal")

Written = Literal["written", "lost", "taken_over", "held"]


def fence(unit: Unit, claim: Claim) -> Written:
    """Tell whether the claim's lease is the newest and the AI still the owner."""
    row = unit.row(SQL["fence"], names(claim))
    if row is None:
        return "lost"
    owner, owner_epoch = row
    if owner != "ai" or owner_epoch != claim.lease.owner_epoch:
        return "taken_over"
    return "written"


def add_steps(unit: Unit, claim: Claim, entry: Entry | Ending, ids: Ids) -> None:
    """Write the entry's steps and what became of effects; a doubt is escalated.

    At once, for nobody may come to the end of this turn: a human may have it by now.
    """
    row = {
        "turn_id": claim.turn.id,
        "attempt": claim.turn.attempt,
        "now_ms": unit.now_ms,
    }
    for step in entry.steps:
        kind, body = step_row(step)
        unit.execute(SQL["add_step"], row | {"kind": kind, "body": body})
    for change in entry.changed:
        result = None if change.result is None else dumps(change.result)
        what = {"key": change.key, "state": change.state, "result": result}
        unit.execute(
            SQL["settle_effect"],
            {"turn_id": claim.turn.id, "statement": change.statement, **what},
        )
        unit.audit(claim.lease.owner, f"effect.{change.state}", change.key)
        if change.state == "unknown":
            escalate(unit, ids, claim.turn.conversation_id, claim.turn.id, DOUBT)


def escalate(
    unit: Unit, ids: Ids, conversation_id: str, turn_id: str | None, cause: str
) -> None:
    """Put an item into the human inbox."""
    row = {"id": ids.new("esc"), "conversation_id": conversation_id}
    row |= {"turn_id": turn_id, "cause": cause}
    unit.execute(SQL["add_escalation"], row | {"now_ms": unit.now_ms})
    unit.audit("mainstay", "escalated", turn_id or conversation_id, cause=cause)


def names(claim: Claim) -> dict[str, Any]:
    """Return the parameters that name a claim in SQL."""
    lease = claim.lease
    return {
        "conversation_id": lease.conversation_id,
        "lease_epoch": lease.lease_epoch,
        "owner": lease.owner,
        "turn_id": claim.turn.id,
    }
