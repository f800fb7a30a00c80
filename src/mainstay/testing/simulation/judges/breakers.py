"""An open breaker keeps calls away, and a half-open one lets a few try."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mainstay.ports.telemetry import BreakerChanged
from mainstay.resilience.breaker_options import DEFAULTS
from mainstay.testing.simulation.evidence import Evidence
from mainstay.testing.simulation.finding import Finding
from mainstay.testing.simulation.model import Call


@dataclass(slots=True)
class _Breaker:
    """One process's breaker of one model.

    Args:
        state: as it told last.
        trials: calls begun since it is half-open.
    """

    state: str = "closed"
    trials: list[Call] = field(default_factory=list[Call])


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Yield each call that went past an open breaker, and each herd of trials.

    Counted at the model: at most three trials are out at once, in a process, and in all
    of them together where they share a cache that is always there.
    """
    breakers: dict[tuple[str, str], _Breaker] = {}
    fleet: dict[str, list[Call]] = {}
    for what in _in_order(evidence):
        match what:
            case (process, BreakerChanged(name=name, state=state)):
                breakers[process, name] = _Breaker(state)
                if state == "open":
                    # A new generation: what is out from the one before is no trial.
                    fleet.pop(name, None)
            case Call() as call:
                breaker = breakers.get((call.process, call.model), _Breaker())
                yield from _called(breaker, call)
                if evidence.is_fleet and breaker.state == "half_open":
                    trials = fleet.setdefault(call.model, [])
                    yield from _herd(trials, call, "herd in the fleet")


def _called(breaker: _Breaker, call: Call) -> Iterator[Finding]:
    if breaker.state == "open":
        told = f"{call.process} to {call.model} at {call.at_s:.2f} s"
        yield Finding("call past an open breaker", told)
    elif breaker.state == "half_open":
        yield from _herd(breaker.trials, call, "herd of trials")


def _herd(trials: list[Call], call: Call, rule: str) -> Iterator[Finding]:
    trials.append(call)
    out = sum(trial.ended_s > call.at_s for trial in trials)
    if out > DEFAULTS.probes:
        yield Finding(rule, f"{call.process} to {call.model} at {call.at_s:.2f}: {out}")


def _in_order(evidence: Evidence) -> list[tuple[str, BreakerChanged] | Call]:
    """Return the breakers' changes and the calls, by time and then as they came."""
    noted: list[tuple[int, tuple[str, BreakerChanged] | Call]] = [
        (number, (process, event)) for number, process, event in evidence.changes
    ]
    noted += [(call.number, call) for call in evidence.calls]
    return [what for _, what in sorted(noted, key=lambda one: one[0])]
