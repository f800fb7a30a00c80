"""How a turn ends on SQLite: reply, state, events, audit and lease in one piece."""

from typing import Any, Literal

from mainstay.domain.reply import Reply
from mainstay.domain.turn import Claim
from mainstay.ports.chance import Ids
from mainstay.ports.journal import Ending
from mainstay.stores.codec import dumps
from mainstay.stores.sqlite.entries import add_steps, escalate
from mainstay.stores.sqlite.inbox import SQL as INBOX
from mainstay.stores.sqlite.inbox import add_event
from mainstay.stores.sqlite.kept import keep_answer
from mainstay.stores.sqlite.owner import give_to_human
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.statements import load

SQL = load("sqlite", "journal")


def end(
    unit: Unit, claim: Claim, ending: Ending, ids: Ids
) -> Literal["written", "held"]:
    """Write a turn's end; ``held`` when its holding reply forbids this one."""
    ended = unit.row(SQL["end_turn"], _end_row(unit, claim, ending))
    if ended is None:
        return "held"
    silent = ending.state == "dead" and ended[0] is not None
    add_steps(unit, claim, ending, ids)
    for approval in ending.approvals:
        row = {"id": approval.id, "tool": approval.tool, "args": dumps(approval.args)}
        row |= {
            "conversation_id": approval.conversation_id,
            "turn_id": approval.turn_id,
        }
        unit.execute(
            SQL["add_approval"], row | {"key": approval.key, "now_ms": unit.now_ms}
        )
    _close(unit, claim, ending, ids, silent=silent)
    if ending.escalate is not None and not _is_escalated(unit, claim, ending):
        escalate(unit, ids, claim.turn.conversation_id, claim.turn.id, ending.escalate)
    if ending.state == "handed_off":
        give_to_human(unit, claim.turn.conversation_id, claim.lease.owner, "handoff")
    if ending.question is not None:
        keep_answer(unit, claim, ending.reply.response, ending.question, ids)
    return "written"


def write_reply(
    unit: Unit, ids: Ids, names: dict[str, Any], reply: Reply, *, seq: int, event: int
) -> None:
    """Write an agent's message and its event under numbers already taken."""
    row = names | {"seq": seq, "message_id": ids.new("msg"), "role": "agent"}
    row |= {"text": reply.response, "level": reply.fallback_level, "model": reply.model}
    unit.execute(INBOX["add_message"], row | {"now_ms": unit.now_ms})
    unit.execute(SQL["point_reply"], row)
    add_event(unit, names["conversation_id"], event, "message", seq=seq)
    unit.touched.add(names["conversation_id"])


def _is_escalated(unit: Unit, claim: Claim, ending: Ending) -> bool:
    if not ending.escalate_once:
        return False
    row = {"conversation_id": claim.turn.conversation_id, "cause": ending.escalate}
    return unit.row(SQL["is_escalated"], row) is not None


def _end_row(unit: Unit, claim: Claim, ending: Ending) -> dict[str, Any]:
    return {
        "turn_id": claim.turn.id,
        "state": ending.state,
        "level": ending.reply.fallback_level,
        "usage": dumps(ending.usage),
        "cost_usd": ending.cost_usd,
        "timings": dumps(ending.timings_ms),
        "now_ms": unit.now_ms,
    }


def _close(unit: Unit, claim: Claim, ending: Ending, ids: Ids, *, silent: bool) -> None:
    names = {"conversation_id": claim.turn.conversation_id, "turn_id": claim.turn.id}
    spoken = 0 if silent else 1
    row = names | {"messages": spoken, "events": 1 + spoken, "now_ms": unit.now_ms}
    seq, event = unit.row(SQL["number_reply"], row)
    if not silent:
        write_reply(unit, ids, names, ending.reply, seq=seq, event=event - 1)
    state = {"turn_id": claim.turn.id, "state": ending.state}
    add_event(unit, claim.turn.conversation_id, event, "turn", state)
    unit.touched.add(claim.turn.conversation_id)
    unit.audit(
        claim.lease.owner,
        f"turn.{ending.state}",
        claim.turn.id,
        level=ending.reply.fallback_level,
        model=ending.reply.model,
    )
