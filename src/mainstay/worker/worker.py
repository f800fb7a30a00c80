"""The worker: receives wakes, claims conversations, runs many turns at once."""

import asyncio

from mainstay.agent.turn import Answered, PutOff, TurnRunner
from mainstay.domain.errors import Conflict, LeaseLost, StoreUnavailable, TakenOver
from mainstay.domain.turn import Claim
from mainstay.domain.wake import Wake
from mainstay.ports.clock import Clock
from mainstay.ports.correlation import TURN_ID
from mainstay.ports.journal import Journal
from mainstay.ports.leases import Leases
from mainstay.ports.queue import Queue
from mainstay.ports.telemetry import Telemetry, Trouble, TurnEnded
from mainstay.ports.trace_events import TurnStarted
from mainstay.ports.turn_events import LeaseGone, TurnResumed
from mainstay.resilience.background import end
from mainstay.worker.grip import GripKeeper, Held
from mainstay.worker.options import WorkerOptions
from mainstay.worker.pulse import Pulse
from mainstay.worker.wakes import KeptWakes

RECEIVE_WAIT_S = 5.0
STORE_PAUSE_S = 0.5
CRASH_BACKOFF_S = 0.5
CRASH_BACKOFF_MAX_S = 8.0
PUT_OFF_TRIES = 2
"""A store that was away is mostly back by the second one, well before a lease ends."""


class Worker:
    """Runs turns until it is told to stop; an item that throws never stops the others.

    Args:
        owner: this process's identity, enlisted with its liveness lock.
        queue: wakes.
        leases: claims.
        journal: for postponing.
        runner: one turn.
        clock: time.
        telemetry: is told.
        options: sizes and times.
        pulse: what its lease renewals beat to; a thread when None.
    """

    def __init__(  # noqa: PLR0913 - every port that it works with
        self,
        *,
        owner: str,
        queue: Queue,
        leases: Leases,
        journal: Journal,
        runner: TurnRunner,
        clock: Clock,
        telemetry: Telemetry,
        options: WorkerOptions,
        pulse: Pulse | None = None,
    ) -> None:
        self._owner = owner
        self._queue = queue
        self._leases = leases
        self._journal = journal
        self._runner = runner
        self._clock = clock
        self._telemetry = telemetry
        self._options = options
        self._keeper = GripKeeper(owner, leases, clock, telemetry, self._lost, pulse)
        self._wakes = KeptWakes(queue, clock, telemetry)
        self._turns: dict[asyncio.Task[None], Claim] = {}
        self._room = asyncio.Event()
        self._consuming: asyncio.Task[None] | None = None
        self._claiming: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when the worker receives."""
        await self._keeper.start()
        await self._wakes.start()
        self._consuming = asyncio.create_task(self._consume())

    async def stop(self) -> None:
        """Drain: claim nothing more, let turns end, give back what did not."""
        if self._consuming is not None:
            await end(self._consuming)
            self._consuming = None
        if self._claiming is not None:
            await asyncio.wait([self._claiming])
        if self._turns:
            await asyncio.wait(self._turns, timeout=self._options.drain_s)
        left = list(self._turns)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
        await self._wakes.stop()
        await self._keeper.stop()

    @property
    def in_flight(self) -> int:
        """Turns that run now."""
        return len(self._turns)

    async def _consume(self) -> None:
        while True:
            room = self._options.max_turns - len(self._turns)
            if room <= 0:
                self._room.clear()
                await self._room.wait()
                continue
            try:
                await self._take(min(room, self._options.batch))
            except Exception as error:  # noqa: BLE001 - a worker must go on
                self._telemetry.emit(Trouble("receive", repr(error)))
                await self._clock.sleep(STORE_PAUSE_S)

    async def _take(self, limit: int) -> None:
        wakes = await self._queue.receive(limit, RECEIVE_WAIT_S)
        if not wakes:
            return
        # A stop between claim and start would strand the claims until their leases
        # end: the claim goes on to its end and the turns it won are drained.
        self._claiming = asyncio.create_task(self._claim(wakes))
        await asyncio.shield(self._claiming)

    async def _claim(self, wakes: list[Wake]) -> None:
        ids = [wake.conversation_id for wake in wakes]
        asked_at_s = self._clock.monotonic_s()
        try:
            claims = await self._leases.claim(ids, self._owner)
        except Exception:
            # Not only a store that is away: a broker may hide them until we are gone.
            await self._wakes.give_back(wakes)
            raise
        for claim in claims:
            held = self._keeper.hold(claim, asked_at_s)
            task = asyncio.create_task(self._run(claim, held))
            self._turns[task] = claim
            task.add_done_callback(self._ended)
        await self._wakes.settle(wakes, {c.lease.conversation_id for c in claims})

    def _ended(self, task: asyncio.Task[None]) -> None:
        claim = self._turns.pop(task)
        self._keeper.drop(claim)
        self._room.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._telemetry.emit(Trouble("turn", repr(error)))

    async def _run(self, claim: Claim, held: Held) -> None:
        TURN_ID.set(claim.turn.id)
        if claim.turn.strikes > 1:
            self._telemetry.emit(TurnResumed(claim.turn.id, claim.turn.attempt))
        try:
            await self._turn(claim, held)
        finally:
            # Whatever happened: a wake that stayed here would be extended for ever. One
            # of a newer attempt is that one's.
            if self._keeper.holds(claim):
                await self._wakes.end(claim.lease.conversation_id)

    async def _turn(self, claim: Claim, held: Held) -> None:
        started_s = self._clock.monotonic_s()
        turn, n = claim.turn, claim.turn.attempt
        self._telemetry.emit(TurnStarted(turn.id, n, turn))
        try:
            outcome = await self._attempt(claim, held)
        except asyncio.CancelledError:
            ms = (self._clock.monotonic_s() - started_s) * 1000
            self._telemetry.emit(TurnEnded(turn.id, "given_back", None, ms, attempt=n))
            await self._give_back(claim, held)
            await self._pass_on(claim)
            raise
        ms = (self._clock.monotonic_s() - started_s) * 1000
        # Another attempt that is put off is found in the store when it is due.
        more = outcome == "held"
        match outcome:
            case Answered(state, reply, more, since_ms):
                level, is_held = reply.fallback_level, turn.held_at_ms is not None
                event = TurnEnded(turn.id, state, level, ms, since_ms, n, is_held)
            case PutOff():
                event = TurnEnded(turn.id, "put_off", None, ms, attempt=n)
            case str():
                event = TurnEnded(turn.id, outcome, None, ms, attempt=n)
        self._telemetry.emit(event)
        if more:
            await self._pass_on(claim)

    async def _pass_on(self, claim: Claim) -> None:
        """Tell of work that is left; without a wake it is found in the store."""
        try:
            await self._queue.publish([Wake(claim.lease.conversation_id)])
        except Exception as error:  # noqa: BLE001 - whatever a broker's client raises
            self._telemetry.emit(Trouble("queue.publish", repr(error)))

    async def _attempt(self, claim: Claim, held: Held) -> Answered | PutOff | str:
        try:
            return await self._runner.run(claim, held)
        except LeaseLost:
            self._telemetry.emit(LeaseGone(claim.turn.id))
            return "lease_lost"
        except TakenOver:
            held.let_go()
            return await self._let_go(claim, 0.0, "taken_over", orderly=True)
        except Conflict:
            held.let_go()
            return await self._let_go(claim, 0.0, "held", orderly=True)
        except Exception as error:  # noqa: BLE001 - one turn must not stop the others
            self._telemetry.emit(
                Trouble("turn", f"{type(error).__name__}: {claim.turn.id}")
            )
            strikes = claim.turn.strikes
            delay_s = min(CRASH_BACKOFF_MAX_S, CRASH_BACKOFF_S * 2 ** (strikes - 1))
            held.let_go()
            return await self._let_go(claim, delay_s, "crashed", orderly=False)

    async def _let_go(
        self, claim: Claim, delay_s: float, outcome: str, *, orderly: bool
    ) -> str:
        """End the attempt; while the store is away the lease's own end does it."""
        for _ in range(PUT_OFF_TRIES):
            try:
                await self._journal.postpone(claim, delay_s, orderly=orderly)
            except (LeaseLost, TakenOver):
                break
            except StoreUnavailable as error:
                self._telemetry.emit(Trouble("postpone", str(error)))
            else:
                break
        return outcome

    async def _give_back(self, claim: Claim, held: Held) -> None:
        """Release the lease of a cancelled turn, unless it is lost anyway."""
        try:
            held.ensure()
            await self._leases.release(claim.lease)
        except LeaseLost:
            return
        except StoreUnavailable as error:
            self._telemetry.emit(Trouble("release", str(error)))

    def _lost(self, claim: Claim) -> None:
        for task, held in list(self._turns.items()):
            if held is claim:
                self._telemetry.emit(LeaseGone(claim.turn.id))
                task.cancel()
