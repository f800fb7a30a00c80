"""The processes of a simulated world: started, reached, and started again."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from typing import Any, TypeVar, cast

from mainstay.testing.simulation.dice import Dice
from mainstay.testing.simulation.member import Member, Surroundings
from mainstay.testing.simulation.process import ON_THREAD, PROCESS, Process
from mainstay.testing.simulation.trace import Trace

T = TypeVar("T")

RESTART_S = 1.0
"""Until a process that ended by itself is started again."""


class GoneError(Exception):
    """The process died before it answered."""


class Cluster:
    """Keeps every process running, but for the time it is told to stay down.

    Args:
        names: of the processes.
        around: what they share.
        liveness: their locks.
        dice: which gateway is asked.
        trace: is told.
        on_change: called after each change of what runs.
        on_state: called with a process whose state has just changed.

    Attributes:
        members: the processes that are up, by name.
        processes: those that live, by name.
    """

    def __init__(
        self,
        names: list[str],
        around: Surroundings,
        dice: Dice,
        trace: Trace,
        on_change: Callable[[], None],
        on_state: Callable[[Process], None],
    ) -> None:
        self._names = names
        self._loop = asyncio.get_running_loop()
        self._around = around
        self._dice = dice
        self._trace = trace
        self._on_change = on_change
        self._on_state = on_state
        self._lives = dict.fromkeys(names, 0)
        self._down_s: dict[str, float] = {}
        self._asked: dict[str, list[asyncio.Future[Any]]] = {}
        self.members: dict[str, Member] = {}
        self.processes: dict[str, Process] = {}
        self.is_over = False

    def start(self) -> None:
        """Start every process."""
        for name in self._names:
            self._begin(name)

    @property
    def serves(self) -> bool:
        """Whether any process is up and runs."""
        up = (self.processes.get(name) for name in self.members)
        return any(process is not None and process.state == "alive" for process in up)

    @property
    def is_whole(self) -> bool:
        """Whether every process is up and runs."""
        states = [process.state for process in self.processes.values()]
        return len(self.members) == len(self._names) == states.count("alive")

    def stays_down(self, name: str, down_s: float) -> None:
        """Let the next start of a process wait for so long after its death."""
        self._down_s[name] = down_s

    def drain(self, name: str, down_s: float) -> None:
        """Stop a process in an orderly way, then start it again."""
        process, member = self.processes.get(name), self.members.get(name)
        if process is None or member is None:
            return
        self.stays_down(name, down_s)

        async def leave() -> None:
            try:
                await member.drain()
            finally:
                process.die()

        self._run_in(process, leave())

    async def ask(
        self, name: str, work: Callable[[Member], Coroutine[Any, Any, T]]
    ) -> T:
        """Let a process do something, as a request of the outside world.

        Raises:
            GoneError: it is down, or died before it answered.
        """
        process, member = self.processes.get(name), self.members.get(name)
        if process is None or member is None:
            raise GoneError(name)
        answered = cast("asyncio.Future[T]", self._loop.create_future())
        waiting = self._asked[process.id]
        waiting.append(answered)

        async def answer() -> None:
            try:
                result = await work(member)
            except Exception as error:  # noqa: BLE001 - it is the answer
                if not answered.done():
                    answered.set_exception(error)
            else:
                if not answered.done():
                    answered.set_result(result)

        self._run_in(process, answer())
        try:
            return await answered
        finally:
            if answered in waiting:
                waiting.remove(answered)

    async def ask_gateway(self, work: Callable[[Member], Coroutine[Any, Any, T]]) -> T:
        """Let any gateway do something; the balancer does not know who lives.

        Raises:
            GoneError: it is down, or died before it answered.
        """
        gateways = [name for name in self._names if name.startswith("gateway")]
        return await self.ask(self._dice.one_of(*gateways), work)

    def _begin(self, name: str) -> None:
        self._lives[name] += 1
        process = Process(name, self._lives[name], self._changed)
        self._around.liveness.hold(process)
        self.processes[name] = process
        self._asked[process.id] = []
        self._note(process.id, "starts")
        self._run_in(process, self._live(process))

    async def _live(self, process: Process) -> None:
        member = Member(process, self._around)
        try:
            await member.start()
        except Exception as error:  # noqa: BLE001 - whatever it is, it starts again
            self._note(process.id, f"could not start: {error}")
            process.die()
            return
        self.members[process.name] = member
        self._on_change()

    def _changed(self, process: Process) -> None:
        self._on_state(process)
        if process.is_dead:
            self._bury(process)
        else:
            self._note(process.id, process.state)
        self._on_change()

    def _bury(self, process: Process) -> None:
        self._note(process.id, "dies")
        self.members.pop(process.name, None)
        self.processes.pop(process.name, None)
        for answered in self._asked.pop(process.id):
            if not answered.done():
                answered.set_exception(GoneError(process.id))
        if not self.is_over:
            down_s = self._down_s.pop(process.name, RESTART_S)
            context = _context_of(None)
            self._loop.call_later(down_s, self._begin, process.name, context=context)

    def _run_in(self, process: Process, work: Coroutine[Any, Any, None]) -> None:
        self._loop.create_task(work, context=_context_of(process))

    def _note(self, who: str, what: str) -> None:
        self._trace.note(self._loop.time(), who, what)


def _context_of(process: Process | None) -> Context:
    """Return a context in which code runs on a process's event loop."""
    context = copy_context()
    context.run(PROCESS.set, process)
    context.run(ON_THREAD.set, False)
    return context
