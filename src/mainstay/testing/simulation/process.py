"""A simulated process: it dies at once, or stands still, and its code never knows."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from typing import Literal

State = Literal["alive", "frozen", "blocked", "dead"]

Point = Literal[
    "commit",  # a piece of work is about to be committed
    "committed",  # it is on disk, and nobody was told yet
    "model",  # a model call is about to be sent
    "answer",  # its answer is there
    "tool",  # a tool call is about to be sent
    "sent",  # it is on its way to the outside world
    "done",  # its answer is there
    "publish",  # a wake is about to be published
    "receive",  # wakes were received
]
"""Places at which a fault may strike, all of them between two awaits."""


class Process:
    """One life of a process: its name, its state, and what it was about to do.

    Everything that runs in it carries it in a context variable. What a dead one would
    still run is dropped, so that no ``finally`` of it ever runs: just as after a kill.

    Args:
        name: which process of the cluster.
        life: how often it was started, this time included.
        on_change: called after each change of its state.
    """

    def __init__(
        self, name: str, life: int, on_change: Callable[["Process"], None]
    ) -> None:
        self.name = name
        self.id = f"{name}.{life}"
        self.state: State = "alive"
        self.parked: list[Callable[[], None]] = []
        self.passed: Counter[Point] = Counter()
        self.steps_left: int | None = None
        self._on_change = on_change
        self._traps: dict[tuple[Point, int], Callable[[Process], None]] = {}

    @property
    def is_dead(self) -> bool:
        """Whether it is gone for good."""
        return self.state == "dead"

    def die(self) -> None:
        """End at once; may be repeated."""
        self._become("dead")
        self.parked.clear()

    def freeze(self) -> None:
        """Stand still until the thaw, as after SIGSTOP."""
        self._become("frozen")

    def block(self) -> None:
        """Let nothing run on the event loop; threads go on."""
        if self.state == "alive":
            self._become("blocked")

    def thaw(self) -> None:
        """Run on, late: first what was due meanwhile."""
        if self.state in ("frozen", "blocked"):
            parked, self.parked = self.parked, []
            for resume in parked:
                resume()
            self._become("alive")

    def _become(self, state: State) -> None:
        if self.state not in ("dead", state):
            self.state = state
            self._on_change(self)

    def trap(self, point: Point, nth: int, strike: Callable[["Process"], None]) -> None:
        """Strike when a point is passed the n-th time from now on, 1 is the next."""
        self._traps[point, self.passed[point] + nth] = strike

    def passes(self, point: Point) -> bool:
        """Note that a point is passed; tell whether it may go on right now."""
        self.passed[point] += 1
        strike = self._traps.pop((point, self.passed[point]), None)
        if strike is not None:
            strike(self)
        return self.state == "alive"


PROCESS: ContextVar[Process | None] = ContextVar("mainstay_process", default=None)
"""The process in which this code runs; None for the world outside."""

ON_THREAD: ContextVar[bool] = ContextVar("mainstay_thread", default=False)
"""Whether this code runs beside the process's event loop, on a thread of its own."""


async def reach(point: Point) -> None:
    """Pass a point of the present process; never return if it dies there."""
    process = PROCESS.get()
    if process is None or process.passes(point):
        return
    # What is scheduled for a dead process is dropped; a frozen one runs it at its thaw.
    woken = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(_wake, woken)
    await woken


def _wake(woken: "asyncio.Future[None]") -> None:
    if not woken.done():
        woken.set_result(None)
