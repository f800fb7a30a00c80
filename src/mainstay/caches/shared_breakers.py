"""The breakers of a process, which learn from those of other processes.

No call of something healthy waits for this: what opened here is told, and what opened
elsewhere is heard of, in the background. Only a trial is asked for, where there is a
herd to hold back.
"""

from collections.abc import Sequence
from dataclasses import replace

from mainstay.caches.lookout import Lookout
from mainstay.caches.shared_breaker import SharedBreaker, Surroundings
from mainstay.ports.breakers import BreakerStatus, Forced
from mainstay.ports.chance import Ids
from mainstay.ports.circuits import Circuit, Circuits, ForcedState
from mainstay.ports.telemetry import Telemetry
from mainstay.resilience.breaker import Breaker


class SharedBreakers:
    """Tells of each opening once, and follows each opening of another process once.

    While the others cannot be had each process goes by itself; an opening that lasts
    longer is told when they are back.

    Args:
        circuits: what all processes know.
        ids: names trials.
        telemetry: is told of what could not be told.
        is_fleet: whether other processes have the same circuits.
    """

    def __init__(
        self,
        circuits: Circuits,
        ids: Ids,
        telemetry: Telemetry,
        *,
        is_fleet: bool = False,
    ) -> None:
        self._circuits = circuits
        self._is_fleet = is_fleet
        self._around = Surroundings(
            circuits=circuits,
            new_place=lambda: ids.new("trial"),
            nudge=self.nudge,
            telemetry=telemetry,
        )
        self._shared: dict[str, SharedBreaker] = {}
        self._lookout = Lookout(self.look, "breakers", telemetry)

    def share(self, name: str, breaker: Breaker) -> SharedBreaker:
        """Share a breaker from now on; return it as calls use it."""
        self._shared[name] = SharedBreaker(name, breaker, self._around)
        return self._shared[name]

    def __contains__(self, name: str) -> bool:
        return name in self._shared

    def nudge(self) -> None:
        """Look at once: there is news; never blocks."""
        self._lookout.nudge()

    async def start(self) -> None:
        """Look once, then every second in the background."""
        await self._lookout.start()

    async def stop(self) -> None:
        """Stop looking; may be repeated."""
        await self._lookout.stop()

    async def look(self) -> None:
        """Tell what is new here, and follow what is new elsewhere."""
        for one in self._shared.values():
            await one.tell()
        for circuit in await self._circuits.look(list(self._shared)) or ():
            self._shared[circuit.name].adopt(circuit)
        for one in self._shared.values():
            one.breaker.let_go()

    async def statuses(self) -> Sequence[BreakerStatus]:
        """Return each breaker, in the order in which they were shared."""
        circuits = await self._circuits.look(list(self._shared))
        if circuits is None or not self._is_fleet:
            return [_of_process(one) for one in self._shared.values()]
        return [_of_fleet(self._shared[one.name], one) for one in circuits]

    async def force(
        self, name: str, state: ForcedState, for_s: float, reason: str
    ) -> BreakerStatus:
        """Force a breaker in all processes, or in this one if they cannot be told.

        Raises:
            KeyError: there is no such breaker.
        """
        one = self._shared[name]
        circuit = await self._circuits.force(name, state, for_s, reason)
        if circuit is None:
            one.hold(state, for_s, reason)
            return _of_process(one)
        one.adopt(circuit)
        return _of_fleet(one, circuit) if self._is_fleet else _of_process(one)


def _of_process(one: SharedBreaker) -> BreakerStatus:
    breaker = one.breaker
    held_s, state = breaker.held_for_s, breaker.state
    forced: ForcedState = "open" if state == "open" else "closed"
    return BreakerStatus(
        name=one.name,
        state=state,
        scope="process",
        failures=breaker.failures,
        retry_in_s=breaker.retry_in_s,
        forced=Forced(forced, held_s, one.reason) if held_s else None,
    )


def _of_fleet(one: SharedBreaker, circuit: Circuit) -> BreakerStatus:
    force = circuit.force
    holds = force is not None and force.state != "auto" and force.for_s > 0
    return replace(
        _of_process(one),
        scope="fleet",
        state=circuit.state,
        retry_in_s=circuit.for_s if circuit.state == "open" else None,
        forced=Forced(force.state, force.for_s, force.reason)
        if force is not None and holds
        else None,
    )
