"""Nothing is left behind, and nothing broke on the way."""

from collections.abc import Iterator

from mainstay.domain.step import ModelStep, ResultStep
from mainstay.ports.telemetry import Trouble
from mainstay.stores.codec import step_of
from mainstay.testing.simulation.evidence import Evidence
from mainstay.testing.simulation.finding import Finding

EXPECTED = ("StoreUnavailable", "the broker is", "wakes are taken", "the store")


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Yield what is left over, and what should never have been raised."""
    for what in evidence.seen:
        yield Finding(what.rpartition(" of ")[0] or what.partition(":")[0], what)
    for what in evidence.late_burials:
        yield Finding("late burial", what)
    for fault in evidence.faults:
        yield Finding("fault", fault)
    for _, process, event in evidence.told:
        if isinstance(event, Trouble) and not _is_expected(event):
            yield Finding("unexpected trouble", f"{process}: {event}")
    yield from _left(evidence)
    yield from _open_calls(evidence)


def _open_calls(evidence: Evidence) -> Iterator[Finding]:
    """Yield each tool call that the end of its turn left without a result."""
    called: dict[str, str] = {}
    answered: set[str] = set()
    for turn_id, kind, body in evidence.rows(
        "SELECT turn_id, kind, body FROM steps s JOIN turns t ON t.id = s.turn_id "
        "WHERE t.usage IS NOT NULL AND t.state <> 'dead' AND s.kind <> 'intent'"
    ):
        step = step_of(kind, body)
        match step:
            case ModelStep():
                called |= {call.id: turn_id for call in step.calls}
            case ResultStep(call_id=call_id):
                answered.add(call_id)
            case _:
                pass
    for call_id in sorted(called.keys() - answered):
        yield Finding("call without a result", f"{call_id} of {called[call_id]}")


def _left(evidence: Evidence) -> Iterator[Finding]:
    if evidence.in_flight:
        yield Finding("left running", f"{evidence.in_flight} turns")
    for turn in evidence.turns:
        if turn.state in ("pending", "running") and turn.approval_id is None:
            yield Finding("left open", f"{turn.id} is {turn.state}")
    for id_, until_ms in evidence.rows(
        "SELECT id, lease_until_ms FROM conversations WHERE lease_owner IS NOT NULL"
    ):
        if until_ms > evidence.now_ms:
            yield Finding("left leased", id_)


def _is_expected(event: Trouble) -> bool:
    """Tell whether a trouble is one of those that the world makes."""
    if event.where.startswith("tool: "):
        return event.error.startswith(("BrokeError", "no answer within"))
    return any(word in event.error for word in EXPECTED) or event.where == "queue"
