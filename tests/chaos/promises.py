"""What was promised to customers who want a refund, compared with what is there."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.cluster.verdict import Count
from tests.chaos.refunders import Turn

AMOUNT = "59.90"
DOUBT = "could not be confirmed"
CLAIMS = ("have refunded", "has been made")
HEARD_S = 30.0


def check(turns: Sequence[Turn], held: set[str], shop: Path) -> None:
    """Check that each was answered once, in time, and truly; that no money went twice.

    Args:
        turns: accepted ones, each answered, with the messages of its conversation.
        held: the turns that the watchdog answered for.
        shop: its file, the world outside.

    Raises:
        AssertionError: a promise was broken.
    """
    count, (refunds, keys) = Count(), _outside(shop)
    for turn in turns:
        count.add(turn.talk, turn.messages, held)
        made = refunds[turn.customer_id]
        assert made <= 1, f"{turn}: {made} refunds"
        assert keys[turn.customer_id] <= 1, f"{turn}: asked for under two keys"
        assert _is_true(turn.reply, made), f"{made} refunds, and: {turn.reply}"
    assert count.answered == count.accepted == len(turns), count
    wrong = (count.lost, count.unanswered, count.doubled, count.disordered)
    assert not any(wrong), count
    assert max(count.waits_s) < HEARD_S


def _outside(shop: Path) -> tuple[Counter[str], Counter[str]]:
    """Return the refunds of each customer, and the keys that asked for them."""
    with closing(sqlite3.connect(shop)) as db:
        refunds = db.execute("SELECT customer_id, count(*) FROM refunds GROUP BY 1")
        keys = "SELECT customer_id, count(DISTINCT key) FROM calls GROUP BY 1"
        return Counter(dict(refunds)), Counter(dict(db.execute(keys)))


def _is_true(reply: str, refunds: int) -> bool:
    """Tell whether a reply agrees with what was done."""
    if refunds:
        return AMOUNT in reply or DOUBT in reply
    return not any(claim in reply for claim in CLAIMS)
