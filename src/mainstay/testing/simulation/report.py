"""What ``mainstay simulate`` tells: progress, a table, and how to replay a failure."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mainstay.system.clock import SystemClock
from mainstay.system.cores import usable
from mainstay.testing.simulation.events import Plan, Say, decoded, encoded
from mainstay.testing.simulation.many import Result, Summary, many
from mainstay.testing.simulation.planning import plan_of
from mainstay.testing.simulation.shrink import shrunk
from mainstay.testing.simulation.world import Outcome, play

PROGRESS_S = 5.0
SHOWN = 5
"""Failing seeds that are told of."""


def simulate(
    first_seed: int, worlds: int, jobs: int | None, tell: Callable[[str], None]
) -> tuple[Summary, float]:
    """Play the worlds; return what became of them, and the seconds it took.

    Args:
        first_seed: of the first world; the others follow.
        worlds: how many.
        jobs: processes that play; one a core when None.
        tell: takes a line of progress every five seconds.
    """
    clock, summary = SystemClock(), Summary()
    began_s = told_s = clock.monotonic_s()
    jobs = min(worlds, jobs or usable())
    for result in many(first_seed, worlds, jobs):
        summary.add(result)
        now_s = clock.monotonic_s()
        if now_s - told_s >= PROGRESS_S:
            told_s = now_s
            rate = summary.worlds / (now_s - began_s)
            tell(
                f"{summary.worlds} of {worlds} worlds, {rate:.0f} a second, "
                f"{len(summary.failed)} failed"
            )
    return summary, clock.monotonic_s() - began_s


def as_data(summary: Summary, took_s: float) -> dict[str, Any]:
    """Return the figures as JSON data."""
    return {
        "worlds": summary.worlds,
        "turns": summary.turns,
        "faults": dict(sorted(summary.faults.items())),
        "slowest_s": round(summary.slowest_s, 2),
        "slowest_seed": summary.slowest_seed,
        "simulated_hours": round(summary.simulated_s / 3600, 1),
        "took_s": round(took_s, 1),
        "failed": [
            {"seed": result.seed, "findings": [str(f) for f in result.findings]}
            for result in summary.failed
        ],
    }


def as_rows(summary: Summary, took_s: float) -> list[dict[str, Any]]:
    """Return the figures as the rows of a table."""
    hours = summary.simulated_s / 3600
    figures: list[tuple[str, object]] = [
        ("worlds", summary.worlds),
        ("turns", summary.turns),
        ("simulated hours", round(hours, 1)),
        ("seconds it took", round(took_s, 1)),
        ("slowest answer, s", round(summary.slowest_s, 1)),
        ("its seed", summary.slowest_seed),
        *((f"faults: {kind}", n) for kind, n in sorted(summary.faults.items())),
        ("failed worlds", len(summary.failed)),
    ]
    return [{"figure": name, "value": str(value)} for name, value in figures]


def failures(summary: Summary) -> Iterator[str]:
    """Yield lines about the first failing worlds, and the first one made small."""
    for result in summary.failed[:SHOWN]:
        yield from _failure(result)
    first = summary.failed[0]
    yield from _smallest(play(plan_of(first.seed)))


def played(plan: Plan) -> Iterator[str]:
    """Yield the trace of one world, and what was found wrong with it."""
    outcome = play(plan)
    yield from outcome.trace
    yield f"fingerprint {outcome.fingerprint}"
    yield from (f"FAILED {finding}" for finding in outcome.findings)


def plan_at(path: str, read: Callable[[], str]) -> Plan:
    """Return the plan in a file; ``-`` reads it with ``read``.

    Raises:
        ValueError: it is no plan.
    """
    return decoded(read() if path == "-" else Path(path).read_text("utf-8"))


def _failure(result: Result) -> Iterator[str]:
    for finding in result.findings[:SHOWN]:
        yield f"FAILED seed {result.seed}: {finding}"
    yield f"  replay: mainstay simulate --seed {result.seed} --worlds 1 --trace"


def _smallest(outcome: Outcome) -> Iterator[str]:
    whole = len(outcome.plan.events)
    small = shrunk(outcome)
    events = small.plan.events
    said = sum(isinstance(event, Say) for event in events)
    yield (
        f"seed {small.plan.seed} fails with {len(events)} of {whole} events, "
        f"{said} of them messages: {small.findings[0]}"
    )
    yield from (f"  {event}" for event in events)
    yield f"  replay: echo '{encoded(small.plan)}' | mainstay simulate --plan -"
