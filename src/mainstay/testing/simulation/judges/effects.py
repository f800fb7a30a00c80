"""No effect happens twice, and the ledger knows each."""

from collections import Counter
from collections.abc import Iterator

from mainstay.testing.simulation.evidence import Evidence
from mainstay.testing.simulation.finding import Finding


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Yield each effect that was made twice, or that the ledger is wrong about."""
    yield from _twice(evidence)
    ledger = {effect.key: effect for effect in evidence.effects}
    made = {deed.key for deed in evidence.deeds}
    for deed in evidence.deeds:
        known = ledger.get(deed.key)
        if known is None:
            yield Finding("effect without a record", f"{deed.tool} {deed.order}")
        elif known.state == "failed":
            yield Finding("effect said to have failed", f"{deed.tool} {deed.order}")
    for effect in evidence.effects:
        if effect.state == "committed" and effect.key not in made:
            yield Finding("effect never made", f"{effect.tool} {effect.order}")
        if effect.state == "intended":
            yield Finding("effect left open", f"{effect.tool} {effect.order}")
    yield from _unescalated(evidence)


def _twice(evidence: Evidence) -> Iterator[Finding]:
    """Yield what was done twice: orders are named once, but for refunds.

    Those are unique by their order, whoever asks.
    """
    counted = Counter((deed.tool, deed.order) for deed in evidence.deeds)
    for (tool, order), times in sorted(counted.items()):
        if times > 1:
            yield Finding("effect made twice", f"{tool} {order}: {times} times")


def _unescalated(evidence: Evidence) -> Iterator[Finding]:
    escalated = {row[0] for row in evidence.rows("SELECT turn_id FROM escalations")}
    for effect in evidence.effects:
        if effect.state == "unknown" and effect.turn_id not in escalated:
            yield Finding("doubt not escalated", f"{effect.tool} {effect.order}")
