"""Earlier answers: kept for level 3, without a trace of who asked."""

import hashlib

from mainstay.domain.turn import Claim
from mainstay.ports.journal import Ending
from mainstay.stores.codec import dumps, loads
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.statements import load
from mainstay.stores.thresholds import ASKERS

SQL = load("sqlite", "knowledge")


def keep_answer(unit: Unit, claim: Claim, ending: Ending) -> None:
    """Note that this customer was given this answer to this question.

    Args:
        unit: the transaction that writes the reply.
        claim: whose turn.
        ending: its ``question`` is ``scope`` and normalised question, joined by NUL.
    """
    scope, question = (ending.question or "\0").split("\0", 1)
    row = {"scope": scope, "question": question, "answer": ending.reply.response}
    before = unit.row(SQL["kept_answer"], row)
    askers: list[str] = loads(before[1]) if before else []
    customer = _asker(unit, claim)
    if customer not in askers and len(askers) < ASKERS:
        askers.append(customer)
    row |= {"askers": dumps(askers), "now_ms": unit.now_ms}
    if before is None:
        added = unit.row(SQL["add_answer"], row)
        unit.execute(SQL["index_answer"], row | {"id": added[0]})
    elif not before[2]:
        unit.execute(SQL["renew_answer"], row)


def _asker(unit: Unit, claim: Claim) -> str:
    row = unit.row(SQL["asker"], {"conversation_id": claim.turn.conversation_id})
    return hashlib.sha256(row[0].encode()).hexdigest()[:16]
