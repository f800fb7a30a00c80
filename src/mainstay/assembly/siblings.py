"""Several gateway processes on one port: their parent starts, watches and ends them."""

import os
import select
import signal
import socket
from collections.abc import Callable
from contextlib import suppress

from mainstay.assembly.leaving import CUT_OFF, LIMIT_S
from mainstay.assembly.monitoring import monitoring_of
from mainstay.assembly.parts import Running
from mainstay.assembly.running import GATEWAY, run
from mainstay.assembly.seat import Seat
from mainstay.assembly.serving import shown
from mainstay.caches.seated import SeatedBuckets
from mainstay.gateway.server import bind
from mainstay.ports.telemetry import Trouble
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock

PAUSE_S = 0.5
MAX_PAUSE_S = 10.0
"""Before a process that died is started again: doubled each time until it is ready."""

SPARE_S = 0.5
"""What the processes get beyond their own limit before they are killed."""

DRAINED = frozenset({0, -signal.SIGTERM, -signal.SIGINT})
"""Exit codes of one that drained, or that a signal met before it could serve."""

NEVER = float("inf")
TOLD_BYTES = 2


def run_gateways(
    settings: Settings, count: int, ready: Callable[[Running], None]
) -> None:
    """Run gateway processes on one port until SIGTERM or SIGINT, then drain them all.

    Returns in the parent, and in each process that it started, once that is drained.

    Args:
        settings: all of them.
        count: how many processes.
        ready: called in the parent once all of them serve.

    Raises:
        SystemExit: a process could not start, or did not drain; it has said why.
    """
    siblings = Siblings(settings, count, ready)
    seat = siblings.keep()
    if seat is not None:
        run(settings, frozenset({GATEWAY}), siblings.tell(seat), seat)


class _Place:
    """One process, as its parent sees it: ``pid`` is 0 while it does not run."""

    def __init__(self) -> None:
        self.pid = 0
        self.ready = False
        self.due_s = NEVER
        self.pause_s = PAUSE_S


class Siblings:
    """The parent. It has no loop and no thread, so that forking it is safe.

    The listening socket is bound here and inherited: a process that dies takes the
    connections that it had accepted with it, and no other. The processes drain when
    their end of a pipe says that this one is gone, or lets go.

    Args:
        settings: all of them.
        count: how many processes.
        ready: called once all of them serve.
    """

    def __init__(
        self, settings: Settings, count: int, ready: Callable[[Running], None]
    ) -> None:
        self._settings = settings
        self._ready = ready
        self._clock = SystemClock()
        self._monitoring = monitoring_of(settings)
        self._listener = bind(settings.bind_host, settings.api_port)
        self._figures = [bind("127.0.0.1", 0) for _ in range(count)]
        rate = settings.rate_limit
        self._buckets = SeatedBuckets(rate, rate, self._clock)
        self._told, self._lifeline = os.pipe(), os.pipe()
        self._awake = socket.socketpair()
        self._places = [_Place() for _ in range(count)]
        # The first alone: what keeps it from starting is said once.
        self._places[0].due_s = 0.0
        self._begun = self._announced = self._cut_off = False
        self._ends_s = NEVER

    def keep(self) -> Seat | None:
        """Return a seat in each process that is started, and None here at the end.

        Raises:
            SystemExit: the first process could not start, or one did not drain.
        """
        for end in self._awake:
            end.setblocking(False)
        signal.set_wakeup_fd(self._awake[1].fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, self._on_signal)
        while self._ends_s == NEVER or any(place.pid for place in self._places):
            for number, place in enumerate(self._places):
                if self._is_due(place) and self._forked(place):
                    return self._seat(number)
            self._wait()
            self._hear()
            self._reap()
        if self._cut_off:
            raise SystemExit(CUT_OFF)
        return None

    def tell(self, seat: Seat) -> Callable[[Running], None]:
        """Return what tells the parent that the process in this seat serves."""

        def told(_: Running) -> None:
            os.write(self._told[1], seat.number.to_bytes(TOLD_BYTES))

        return told

    def _is_due(self, place: _Place) -> bool:
        idle = not place.pid and self._ends_s == NEVER
        return idle and place.due_s <= self._clock.monotonic_s()

    def _forked(self, place: _Place) -> bool:
        """Fork, and tell whether this is the child, whose signals are its own."""
        ours = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
        signal.pthread_sigmask(signal.SIG_BLOCK, ours)
        # A signal since the last look has closed what a child would inherit.
        forks = self._ends_s == NEVER
        place.pid = os.fork() if forks else 0
        is_child = forks and place.pid == 0
        if is_child:
            signal.set_wakeup_fd(-1)
            for number in ours:
                signal.signal(number, signal.SIG_DFL)
            os.close(self._lifeline[1])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ours)
        return is_child

    def _seat(self, number: int) -> Seat:
        lifeline, _ = self._lifeline
        return Seat(number, self._listener, self._figures, self._buckets, lifeline)

    def _on_signal(self, number: int, _: object) -> None:
        if number == signal.SIGCHLD:
            return
        if self._ends_s != NEVER:
            self._kill()
            return
        self._ends_s = self._clock.monotonic_s() + LIMIT_S + SPARE_S
        # Or the kernel would let clients wait here for processes that are gone.
        self._listener.close()
        os.close(self._lifeline[1])

    def _kill(self) -> None:
        for place in self._places:
            if place.pid:
                # A signal's handler may run just after a process was reaped.
                with suppress(ProcessLookupError):
                    os.kill(place.pid, signal.SIGKILL)

    def _wait(self) -> None:
        """Return at a signal, at a word of a child, or when something is due."""
        now_s = self._clock.monotonic_s()
        if now_s >= self._ends_s:
            self._kill()
        idle = [place.due_s for place in self._places if not place.pid]
        next_s = min(idle, default=NEVER) if self._ends_s == NEVER else self._ends_s
        left_s = None if next_s == NEVER else max(next_s - now_s, 0.01)
        heard, _, _ = select.select([self._awake[0], self._told[0]], [], [], left_s)
        if self._awake[0] in heard:
            self._awake[0].recv(4096)

    def _hear(self) -> None:
        """Note who is ready; when all are, say so once."""
        while select.select([self._told[0]], [], [], 0)[0]:
            number = int.from_bytes(os.read(self._told[0], TOLD_BYTES))
            place = self._places[number]
            place.ready, place.pause_s = True, PAUSE_S
            if not self._begun:
                self._begun = True
                for other in self._places:
                    other.due_s = 0.0
        silent = self._announced or self._ends_s != NEVER
        if not silent and all(place.ready for place in self._places):
            self._announced = True
            self._announce()

    def _announce(self) -> None:
        port = self._listener.getsockname()[1]
        address = f"http://{shown(self._settings.bind_host)}:{port}"
        note = f"{len(self._places)} processes"
        self._ready(Running(address, note, frozenset({GATEWAY})))

    def _reap(self) -> None:
        """Note who ended; when it should not have, another one takes its place soon."""
        for number, place in enumerate(self._places):
            pid, status = os.waitpid(place.pid, os.WNOHANG) if place.pid else (0, 0)
            if pid:
                place.pid, place.ready = 0, False
                code = os.waitstatus_to_exitcode(status)
                if self._ends_s == NEVER:
                    self._start_again(number, code)
                elif code not in DRAINED:
                    self._cut_off = True

    def _start_again(self, number: int, code: int) -> None:
        if not self._begun:
            raise SystemExit(code if code > 0 else 1)
        place = self._places[number]
        self._monitoring.emit(
            Trouble(f"gateway process {number}", f"ended with {code}; starting another")
        )
        place.due_s = self._clock.monotonic_s() + place.pause_s
        place.pause_s = min(2 * place.pause_s, MAX_PAUSE_S)
