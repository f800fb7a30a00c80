"""An event loop on simulated time: when nothing is left to do now, it is later.

No selector, no thread, no real clock: what runs, and in which order, follows from what
was scheduled alone.
"""

import asyncio
import heapq
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from typing import Any

from typing_extensions import override

from mainstay.testing.simulation.handle import Handle
from mainstay.testing.simulation.process import ON_THREAD, Process

STEP_S = 1e-6
"""What a callback takes: whoever waits for less than a float can hold waits no more."""

MAX_STEPS = 5_000_000
"""A world that runs more callbacks than this goes round in a circle."""


class Stuck(Exception):
    """Nothing is left to run, and somebody waits."""


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Runs callbacks in order of their time, then of their scheduling.

    What belongs to a dead process is dropped, what belongs to a frozen one is parked.

    Attributes:
        steps: callbacks run so far.
        faults: what callbacks raised; nobody else would tell.
    """

    def __init__(self) -> None:
        self._now_s = 0.0
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[float, int, Handle]] = []
        self._timed = 0
        # A task of a dead process must not be collected before its world ends: its
        # coroutine would be closed, and what stands in its ``finally`` would run.
        self._tasks: list[asyncio.Task[Any]] = []
        self._closed = False
        self.steps = 0
        self.faults: list[str] = []

    @override
    def time(self) -> float:
        """Return simulated seconds since the world began."""
        return self._now_s

    @override
    def call_soon(
        self,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Any:
        """Run a callback after what is due already."""
        handle = Handle(callback, args, context, self._now_s)
        self._ready.append(handle)
        return handle

    @override
    def call_soon_threadsafe(
        self,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Any:
        """Run a callback on the event loop of the process that asks for it."""
        context = copy_context() if context is None else context
        context.run(ON_THREAD.set, False)
        return self.call_soon(callback, *args, context=context)

    @override
    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Any:
        """Run a callback ``delay`` seconds from now."""
        return self.call_at(self._now_s + delay, callback, *args, context=context)

    @override
    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Any:
        """Run a callback at a simulated time."""
        handle = Handle(callback, args, context, when)
        self._timed += 1
        heapq.heappush(self._timers, (when, self._timed, handle))
        return handle

    @override
    def create_future(self) -> "asyncio.Future[Any]":
        """Return a future of this loop."""
        return asyncio.Future(loop=self)

    @override
    def create_task(
        self,
        coro: Any,
        *,
        name: str | None = None,
        context: Context | None = None,
        **options: Any,
    ) -> "asyncio.Task[Any]":
        """Start a coroutine in the present process, or in that of ``context``."""
        task = asyncio.Task(coro, loop=self, name=name, context=context, **options)
        self._tasks.append(task)
        if len(self._tasks) % 4096 == 0:
            self._tasks = [one for one in self._tasks if not one.done()]
        return task

    @override
    def run_until_complete(self, future: Any) -> Any:
        """Let time pass until the future is done; return its result.

        Raises:
            Stuck: nothing will ever happen again, or the world goes round in a circle.
        """
        done = asyncio.ensure_future(future, loop=self)
        asyncio._set_running_loop(self)  # noqa: SLF001 - made for authors of loops
        try:
            while not done.done():
                self._step()
        finally:
            asyncio._set_running_loop(None)  # noqa: SLF001
        return done.result()

    def _step(self) -> None:
        timers = self._timers
        if not self._ready or (timers and timers[0][0] <= self._now_s):
            self._let_time_pass()
        handle = self._ready.popleft()
        if handle.gone:
            return
        process = handle.process
        if process is not None and not self._may_run(handle, process):
            return
        self.steps += 1
        self._now_s += STEP_S
        if self.steps > MAX_STEPS:
            raise Stuck(f"{MAX_STEPS} callbacks were run, and there is no end")
        try:
            handle.run()
        except Exception as error:  # noqa: BLE001 - as every event loop does
            self.faults.append(repr(error))

    def _let_time_pass(self) -> None:
        timers = self._timers
        if not timers:
            raise Stuck("nothing is left that could ever happen")
        if not self._ready:
            self._now_s = max(self._now_s, timers[0][0])
        while timers and timers[0][0] <= self._now_s:
            self._ready.append(heapq.heappop(timers)[2])

    def _may_run(self, handle: Handle, process: Process) -> bool:
        if process.steps_left is not None and process.state == "alive":
            process.steps_left -= 1
            if process.steps_left < 0:
                process.steps_left = None
                process.die()
        match process.state:
            case "alive":
                return True
            case "blocked" if handle.on_thread:
                return True
            case "frozen" | "blocked":
                process.parked.append(lambda: self._ready.append(handle))
            case "dead":
                pass
        return False

    @override
    def get_debug(self) -> bool:
        """Return False."""
        return False

    @override
    def is_running(self) -> bool:
        """Tell whether it may still run."""
        return not self._closed

    @override
    def is_closed(self) -> bool:
        """Tell whether the world has ended."""
        return self._closed

    @override
    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep a fault that asyncio found, while the world lives."""
        if not self._closed:
            told = context.get("exception") or context.get("message")
            self.faults.append(repr(told))

    @override
    def close(self) -> None:
        """End the world: close every coroutine that is left, oldest first.

        What their ``finally`` blocks reach for must refuse them by now.
        """
        self._closed = True
        self._ready.clear()
        self._timers.clear()
        with warnings.catch_warnings():
            # A dead process leaves coroutines that never ran.
            warnings.simplefilter("ignore", RuntimeWarning)
            for task in self._tasks:
                if not task.done():
                    coroutine: Any = task.get_coro()
                    with suppress(Exception):  # what its ends say is of no interest
                        coroutine.close()
        self._tasks.clear()
