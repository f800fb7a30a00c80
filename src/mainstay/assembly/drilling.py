"""Where drills take hold of a worker: its models, its queue, its limits, its life."""

import os
import signal
from collections.abc import Callable, Mapping, Sequence

from mainstay.assembly.storage import Storage
from mainstay.domain.spend import Limit
from mainstay.models.drilled import DrilledModel
from mainstay.ports.model import Model
from mainstay.ports.telemetry import Telemetry
from mainstay.queues.drilled import Drill
from mainstay.system.clock import SystemClock
from mainstay.worker.orders import Obedience

Judge = Callable[[Sequence[Limit]], Sequence[Limit]]


def obedience_of(storage: Storage, telemetry: Telemetry) -> Obedience:
    """Return what follows the orders of drills in this process."""
    store = storage.store
    return Obedience(
        storage.owner, store.orders, store.members, _die, SystemClock(), telemetry
    )


def drilled(models: Mapping[str, Model], obedience: Obedience) -> Mapping[str, Model]:
    """Return the models as drills let them be had."""
    return {
        name: DrilledModel(model, obedience.is_out) for name, model in models.items()
    }


def drill_of(obedience: Obedience) -> Drill:
    """Return what drills do to the queue."""
    return Drill(
        obedience.is_stalled, obedience.called, obedience.answer, SystemClock()
    )


def judge_of(obedience: Obedience | None) -> Judge:
    """Return what makes spend limits those that drills judge by."""
    return _as_they_are if obedience is None else obedience.judged


def _as_they_are(limits: Sequence[Limit]) -> Sequence[Limit]:
    return limits


def _die() -> None:
    """End this process as a crash does: nothing is given back, nothing is told."""
    os.kill(os.getpid(), signal.SIGKILL)
