"""One trial: customers talk while faults happen, and then the books are compared."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError

from benchmarks.cluster.books import TRAFFIC, Books
from benchmarks.cluster.cluster import Base, cluster
from benchmarks.cluster.customers import Customers
from benchmarks.cluster.faults import Faults
from benchmarks.cluster.witness import Witness
from benchmarks.figures import Report, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried.

    Args:
        queue: what carries wakes.
        talks: conversations.
        messages: messages of each, at least.
        seconds: over which customers spread what they say; 0 for as long as it fails.
            They talk on while it still fails then.
        kills: workers that are killed.
        down_s: for how long brokers and caches are away.
        frozen_s: for how long workers are.
        calm_s: between two faults.
        faults: what happens, in this order.
    """

    queue: str = "database"
    talks: int = 500
    messages: int = 10
    seconds: float = 0.0
    kills: int = 6
    down_s: float = 20.0
    frozen_s: float = 20.0
    calm_s: float = 4.0
    faults: tuple[str, ...] = (
        *("kill", "freeze", "rob", "broker", "hang", "redis"),
        *("restart", "crash", "outage"),
    )


FULL = Trial()

NONE = (
    *("lost", "unanswered", "answered_twice", "out_of_order", "dead_turns"),
    *("effects_twice", "effects_left_open", "turns_left_open", "events_missed"),
    *("refused_while_postgres_was_up", "refused_without_retry_after", "other_errors"),
    "audit_chains_broken",
)
"""What must not be, whatever fails."""

LIMITS = (
    Target("wait_max_s", "at most", 30),
    Target("resume_max_s", "at most", 5),
    Target("frozen_resume_max_s", "at most", 15),
    Target("written_after_freeze", "at most", 0),
    Target("written_after_robbery", "at most", 0),
    # A thawed worker that tries nothing would show nothing.
    Target("refused_after_robbery", "at least", 1),
)
"""For the figures that there are: most belong to a fault."""


async def held(trial: Trial, folder: Path) -> Report:
    """Hold a trial and return its figures with their targets."""
    async with cluster(trial.queue, folder) as running:
        base = running.base
        addresses = [gateway.address for gateway in running.gateways]
        async with (
            Witness(base.url) as witness,
            Customers(addresses, base.key, trial.talks, trial.messages) as customers,
        ):
            faults = Faults(
                running,
                witness,
                kills=trial.kills,
                down_s=trial.down_s,
                frozen_s=trial.frozen_s,
                calm_s=trial.calm_s,
            )
            await faults.know()
            await customers.open()
            names = list(trial.faults)
            seconds = trial.seconds or faults.planned_s(names)
            failing = asyncio.create_task(faults.run(names))
            await asyncio.gather(failing, customers.talk(seconds, failing))
            books = Books(customers, witness, faults, base.ledger)
            (folder / "notes.txt").write_text(books.notes())
            report = Report()
            report.add(await books.figures())
            broken = await asyncio.to_thread(_is_broken, base)
            report.add({"audit_chains_broken": broken})
            report.targets = targets(report.figures)
            return report


def targets(figures: Mapping[str, float]) -> list[Target]:
    """Return what a trial's figures must be."""
    traffic = [name for name in figures if name.startswith(TRAFFIC)]
    return [
        *(Target(name, "at most", 0) for name in NONE),
        *(target for target in LIMITS if target.figure in figures),
        *(Target(name, "at least", 1) for name in traffic),
    ]


def _is_broken(base: Base) -> bool:
    try:
        base.mainstay("audit", "verify")
    except CalledProcessError:
        return True
    return False
