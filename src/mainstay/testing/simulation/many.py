"""Many worlds, on all cores: one after the other in each of a few processes."""

import gc
import multiprocessing
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mainstay.testing.simulation.database import blank
from mainstay.testing.simulation.events import Say
from mainstay.testing.simulation.finding import Finding
from mainstay.testing.simulation.planning import plan_of
from mainstay.testing.simulation.world import play

BATCH = 10
"""Worlds that a process plays before it tells of them."""


@dataclass(frozen=True, slots=True)
class Result:
    """A world in a few figures.

    Args:
        seed: of the world.
        turns: how many there were.
        faults: kind → how many.
        slowest_s: the longest that a customer waited to hear anything, seconds.
        simulated_s: how long the world lasted, simulated seconds.
        findings: what must not be.
        fingerprint: of its trace.
    """

    seed: int
    turns: int
    faults: Counter[str]
    slowest_s: float
    simulated_s: float
    findings: Sequence[Finding]
    fingerprint: str


@dataclass(slots=True)
class Summary:
    """All worlds together.

    Args:
        worlds: how many were played.
        turns: in all of them.
        faults: kind → how many, in all of them.
        slowest_s: the longest wait in any world, seconds.
        slowest_seed: in which one.
        simulated_s: all their time, simulated seconds.
        failed: results of worlds with findings, 100 at most.
    """

    worlds: int = 0
    turns: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    slowest_s: float = 0.0
    slowest_seed: int | None = None
    simulated_s: float = 0.0
    failed: list[Result] = field(default_factory=list[Result])

    def add(self, result: Result) -> None:
        """Take one world."""
        self.worlds += 1
        self.turns += result.turns
        self.faults += result.faults
        self.simulated_s += result.simulated_s
        if result.slowest_s > self.slowest_s:
            self.slowest_s, self.slowest_seed = result.slowest_s, result.seed
        if result.findings and len(self.failed) < 100:
            self.failed.append(result)


def one(seed: int) -> Result:
    """Play the world of a seed."""
    outcome = play(plan_of(seed))
    kinds = (type(e).__name__ for e in outcome.plan.events if not isinstance(e, Say))
    return Result(
        seed=seed,
        turns=outcome.turns,
        faults=Counter(kinds),
        slowest_s=outcome.slowest_s,
        simulated_s=outcome.simulated_s,
        findings=outcome.findings[:20],
        fingerprint=outcome.fingerprint,
    )


def many(first_seed: int, worlds: int, jobs: int) -> Iterator[Result]:
    """Play the worlds of consecutive seeds; yield each result, in order.

    Args:
        first_seed: of the first world.
        worlds: how many.
        jobs: processes that play; 1 plays in this one.
    """
    seeds = range(first_seed, first_seed + worlds)
    blank()  # once: whoever is forked inherits it
    batches = [seeds[at : at + BATCH] for at in range(0, worlds, BATCH)]
    if jobs == 1:
        for batch in batches:
            yield from _batch(batch)
        return
    forking = multiprocessing.get_context("fork")
    with forking.Pool(jobs, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        for results in pool.imap(_batch, batches):
            yield from results


def _batch(seeds: Sequence[int]) -> list[Result]:
    results = [one(seed) for seed in seeds]
    gc.collect()
    return results
