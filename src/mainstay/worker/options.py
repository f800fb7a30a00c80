"""What a worker is set to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """Options of a worker.

    Args:
        max_turns: turns in flight at once.
        batch: wakes asked for at once.
        drain_s: seconds that running turns get to end when the worker stops.
    """

    max_turns: int = 256
    batch: int = 100
    drain_s: float = 20.0
