"""Decisions that bring work back to the AI: approvals and redrives."""

from collections.abc import Sequence
from typing import Any, Literal

from mainstay.domain.errors import Conflict, NotFound
from mainstay.ports.chance import Ids
from mainstay.stores.sqlite.inbox import add_event, open_turn
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.statements import load

SQL = load("sqlite", "desk")


def decide(
    unit: Unit,
    ids: Ids,
    approval_id: str,
    actor: str,
    decision: Literal["approve", "deny"],
) -> Sequence[Any]:
    """Decide an approval once and open the turn that carries it out."""
    state = "approved" if decision == "approve" else "denied"
    row = {"id": approval_id, "state": state, "actor": actor, "now_ms": unit.now_ms}
    decided = unit.row(SQL["decide"], row)
    if decided is None:
        before = unit.row(SQL["approval"], {"id": approval_id})
        if before is None:
            raise NotFound(f"no approval {approval_id}")
        raise Conflict(f"approval {approval_id} was {before[0]} already")
    conversation_id, asked_by = decided[1], decided[2]
    trace = unit.row(SQL["trace"], {"turn_id": asked_by})[0]
    where = {"conversation_id": conversation_id, "trace": trace}
    _open_decided(unit, ids.new("turn"), where, approval_id)
    if unit.row(SQL["still_waiting"], {"turn_id": asked_by}) is None:
        unit.execute(SQL["end_waiting"], {"turn_id": asked_by})
    unit.audit(actor, f"approval.{state}", approval_id)
    return decided


def redrive(unit: Unit, turn_ids: Sequence[str] | None, actor: str) -> int:
    """Give dead turns new attempts; return how many."""
    if turn_ids is None:
        turn_ids = [row[0] for row in unit.execute(SQL["dead_ids"], {}).fetchall()]
    revived = 0
    for turn_id in turn_ids:
        row = {"turn_id": turn_id, "now_ms": unit.now_ms}
        where = unit.row(SQL["redrive"], row)
        if where is not None:
            revived += 1
            _make_due(unit, where[0], {"turn_id": turn_id, "state": "pending"})
            unit.audit(actor, "turn.redriven", turn_id)
    return revived


def _open_decided(
    unit: Unit, turn_id: str, where: dict[str, Any], approval_id: str
) -> None:
    data = {"turn_id": turn_id, "state": "pending"}
    seq = _make_due(unit, where["conversation_id"], data)
    open_turn(
        unit,
        where | {"seq": seq},
        turn_id,
        "pending",
        first_seq=seq + 1,
        approval_id=approval_id,
    )


def _make_due(unit: Unit, conversation_id: str, data: dict[str, str]) -> int:
    """Make the conversation due, tell of the turn, and return its last seq."""
    where = {"conversation_id": conversation_id, "now_ms": unit.now_ms}
    event, seq, _owner = unit.row(SQL["make_due"], where)
    add_event(unit, conversation_id, event, "turn", data)
    unit.touched.add(conversation_id)
    return seq
