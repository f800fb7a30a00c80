"""Earlier answers on SQLite: how a turn's end keeps one, how old ones are dropped."""

import hashlib
from typing import Any

from mainstay.domain.question import Reusable
from mainstay.domain.turn import Claim
from mainstay.ports.chance import Ids
from mainstay.stores.codec import dumps, loads
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.statements import load
from mainstay.stores.thresholds import ASKERS, FORGET_AT_ONCE, MOST_ANSWERS

SQL = load("sqlite", "answers")


def keep_answer(
    unit: Unit, claim: Claim, text: str, reusable: Reusable, ids: Ids
) -> None:
    """Note that this customer was given this answer to this question.

    What a human decided, and what enough customers were given, stays for its time; any
    other answer makes room for a newer one. Who asked is kept as a hash, three at most.

    Args:
        unit: the transaction that writes the reply.
        claim: whose turn.
        text: the answer.
        reusable: the question, and for how long.
        ids: names the text.
    """
    row: dict[str, Any] = {"question": reusable.question, "edition": reusable.edition}
    row |= {"answer": text, "keep_ms": reusable.keep_ms, "now_ms": unit.now_ms}
    before = unit.row(SQL["kept"], row)
    row |= {"ref": ids.new("ans"), "askers": dumps([_asker(unit, claim)])}
    if before is None:
        added = unit.row(SQL["add"], row)
        unit.execute(SQL["index"], row | {"id": added[0]})
        return
    row["id"], kept, told, decided, lives = before
    askers: list[str] = loads(told)
    if lives and kept == text:
        unit.execute(SQL["again"], row | {"askers": _with(askers, row["askers"])})
    elif not (lives and (decided or len(askers) >= ASKERS)):
        unit.execute(SQL["instead"], row)


def forget(unit: Unit) -> int:
    """Drop answers whose time is over, or that are too many; return how many."""
    row: dict[str, Any] = {"now_ms": unit.now_ms, "limit": FORGET_AT_ONCE}
    ended = unit.execute(SQL["ended"], row).fetchall()
    if not ended:
        surplus = unit.row(SQL["count"], {})[0] - MOST_ANSWERS
        row |= {"limit": max(0, min(surplus, FORGET_AT_ONCE)), "askers": ASKERS}
        ended = unit.execute(SQL["surplus"], row).fetchall() if row["limit"] else []
    if ended:
        ids = {"ids": dumps([id_ for (id_,) in ended])}
        unit.execute(SQL["unindex"], ids)
        unit.execute(SQL["drop"], ids)
    return len(ended)


def _with(askers: list[str], told: str) -> str:
    """Return who asked so far and now, once each."""
    return dumps(list(dict.fromkeys([*askers, *loads(told)]))[:ASKERS])


def _asker(unit: Unit, claim: Claim) -> str:
    row = unit.row(SQL["asker"], {"conversation_id": claim.turn.conversation_id})
    return hashlib.sha256(row[0].encode()).hexdigest()[:16]
