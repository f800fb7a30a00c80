"""Keeps a worker's leases: renews them from a thread, lets go of what is lost."""

import asyncio
from collections.abc import Callable

from mainstay.domain.errors import LeaseLost
from mainstay.domain.turn import Claim
from mainstay.ports.clock import Clock
from mainstay.ports.leases import Leases
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.worker.pulse import Pulse, ThreadPulse

RENEW_S = 3.0
LOOP_BEAT_S = 0.5
LOOP_MUST_BEAT_S = 5.0
"""A loop that is blocked for longer must not keep its leases."""

LET_GO_S = 8.0
"""A worker stops before its lease of 10 s ends, counted from the last renewal."""


class Held:
    """One claim that this worker works on.

    Args:
        claim: the claim.
        clock: monotonic time.
        asked_at_s: when it was asked for; now when None.
    """

    def __init__(
        self, claim: Claim, clock: Clock, asked_at_s: float | None = None
    ) -> None:
        self.claim = claim
        self._clock = clock
        self._renewed_s = clock.monotonic_s() if asked_at_s is None else asked_at_s
        self._lost = False
        self.let_go_of = False

    def ensure(self) -> None:
        """Return if the lease holds; raise LeaseLost otherwise."""
        if self._lost or self.age_s() > LET_GO_S:
            raise LeaseLost(self.claim.lease.conversation_id)

    def let_go(self) -> None:
        """Take it that the attempt is about to end the lease itself."""
        self.let_go_of = True

    def age_s(self) -> float:
        """Seconds since the lease, or its last renewal, was asked for."""
        return self._clock.monotonic_s() - self._renewed_s

    def renewed(self, asked_at_s: float) -> None:
        """Note a renewal, counted from before it was asked for."""
        self._renewed_s = asked_at_s

    def lose(self) -> None:
        """Note that the lease is gone."""
        self._lost = True


class GripKeeper:
    """Renews every held lease in one statement each 3 s, off the event loop.

    Args:
        owner: this process.
        leases: the store's.
        clock: monotonic time.
        telemetry: is told of trouble.
        on_lost: called on the loop for each claim that was lost; one whose attempt
            ends it itself is not, although a renewal no longer finds it.
        pulse: what the renewals beat to; a thread when None.
    """

    def __init__(
        self,
        owner: str,
        leases: Leases,
        clock: Clock,
        telemetry: Telemetry,
        on_lost: Callable[[Claim], None],
        pulse: Pulse | None = None,
    ) -> None:
        self._owner = owner
        self._leases = leases
        self._clock = clock
        self._telemetry = telemetry
        self._on_lost = on_lost
        self._held: dict[str, Held] = {}
        self._beat_s = clock.monotonic_s()
        self._pulse = ThreadPulse() if pulse is None else pulse
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beating: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start to beat and to renew."""
        self._loop = asyncio.get_running_loop()
        self._beating = asyncio.create_task(self._beat())
        self._pulse.start(RENEW_S, self._renew_all)

    async def stop(self) -> None:
        """Stop renewing; leases still held end by themselves."""
        if self._beating is not None:
            self._beating.cancel()
        await self._pulse.stop()

    def hold(self, claim: Claim, asked_at_s: float | None = None) -> Held:
        """Start to keep a claim's lease; an earlier one of the conversation is lost.

        Its time is counted from when it was asked for: the store's began soon after.

        This very worker may win what it held: its clock was set, or its store was slow.
        """
        conversation_id = claim.lease.conversation_id
        earlier = self._held.get(conversation_id)
        held = self._held[conversation_id] = Held(claim, self._clock, asked_at_s)
        if earlier is not None:
            self._let_go(earlier)
        return held

    def holds(self, claim: Claim) -> bool:
        """Tell whether this claim is the newest that the worker has of its talk."""
        held = self._held.get(claim.lease.conversation_id)
        return held is not None and held.claim is claim

    def drop(self, claim: Claim) -> None:
        """Stop keeping it: its turn ended, or its lease did."""
        if self.holds(claim):
            del self._held[claim.lease.conversation_id]

    async def _beat(self) -> None:
        while True:
            self._beat_s = self._clock.monotonic_s()
            await self._clock.sleep(LOOP_BEAT_S)

    def _renew_all(self) -> None:
        held = dict(self._held)
        asked_at_s = self._clock.monotonic_s()
        if held and asked_at_s - self._beat_s < LOOP_MUST_BEAT_S:
            self._renew(held, asked_at_s)
        for one in held.values():
            if one.age_s() > LET_GO_S:
                self._let_go(one)

    def _renew(self, held: dict[str, Held], asked_at_s: float) -> None:
        try:
            kept = self._leases.renew(self._owner, list(held))
        except Exception as error:  # noqa: BLE001 - the thread must go on
            self._telemetry.emit(Trouble("lease renewal", repr(error)))
            return
        for conversation_id, one in held.items():
            if (conversation_id, one.claim.lease.lease_epoch) in kept:
                one.renewed(asked_at_s)
            elif self._held.get(conversation_id) is one:
                self._let_go(one)

    def _let_go(self, held: Held) -> None:
        held.lose()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_lost, held)

    def _tell_lost(self, held: Held) -> None:
        if not held.let_go_of:
            self._on_lost(held.claim)
