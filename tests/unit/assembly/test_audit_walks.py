"""Who walks over the audit chain, and what the others know of it."""

from types import SimpleNamespace
from typing import Any

from mainstay.assembly.audit_walks import HOUR_S, LOOK_S, AuditWalks
from mainstay.domain.errors import StoreUnavailable
from mainstay.monitoring.gauges import Gauges, Look
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.findings import Finding, Found
from mainstay.testing.clock import ManualClock


class Place:
    """A store with its processes, and a chain that can break."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.known: list[str] = []
        self.walks: list[str] = []
        self.intact, self.away = True, False
        self._found: dict[str, Found] = {}

    async def begin(self, owner: str) -> "Process":
        """Start a process."""
        self.known.append(owner)
        process = Process(self, owner)
        await process.gauges.start()
        await self.clock.run_for(0)
        return process

    async def end(self, process: "Process") -> None:
        """End a process."""
        await process.gauges.stop()
        self.known.remove(process.owner)

    async def enlisted(self) -> list[tuple[str, str]]:
        """Return who is known."""
        return [(owner, "") for owner in self.known]

    async def latest(self, name: str) -> Found | None:
        """Return what was found."""
        return self._found.get(name)

    async def tell(self, name: str, owner: str, finding: Finding) -> None:
        """Keep what was found."""
        if self.away:
            raise StoreUnavailable("gone")
        self._found[name] = Found(finding, owner, 0, 0)


class Process:
    """One process, and what its scrape shows."""

    def __init__(self, place: Place, owner: str) -> None:
        self.owner = owner
        self._monitoring = Monitoring("CRITICAL")

        async def verify(rest: Any) -> Any:
            await rest()
            place.walks.append(owner)
            return SimpleNamespace(intact=place.intact)

        audit = SimpleNamespace(verify=verify)
        store = SimpleNamespace(leases=place, findings=place, audit=audit)
        storage: Any = SimpleNamespace(owner=owner, store=store)
        walks = AuditWalks(storage, self._monitoring.state, place.clock)
        look = Look(walks.look, LOOK_S, at_start=False)
        self.gauges = Gauges([look], self._monitoring, place.clock)

    def shows(self) -> bool | None:
        """Return what its gauge says, None without one."""
        for line in self._monitoring.render().decode().splitlines():
            if line.startswith("mainstay_audit_chain_valid "):
                return line.endswith(" 1.0")
        return None


async def test_one_process_walks_once_an_hour_and_each_shows_it() -> None:
    """The oldest; the others know within a minute."""
    place = Place()
    one, two = await place.begin("proc_1"), await place.begin("proc_2")
    await place.clock.run_for(LOOK_S)
    assert place.walks == ["proc_1"]
    assert (one.shows(), two.shows()) == (True, True)
    place.intact = False
    await place.clock.run_for(HOUR_S + LOOK_S)
    assert place.walks == ["proc_1", "proc_1"]
    assert (one.shows(), two.shows()) == (False, False)


async def test_a_broken_chain_stays_broken_when_its_finder_leaves() -> None:
    """Over a rolling restart; the next walks soon, and not an hour later."""
    place = Place()
    place.intact = False
    one = await place.begin("proc_1")
    await place.clock.run_for(LOOK_S)
    two = await place.begin("proc_2")
    assert two.shows() is False
    await place.end(one)
    assert two.shows() is False
    place.intact = True
    await place.clock.run_for(120)
    assert place.walks == ["proc_1", "proc_2"]
    assert two.shows() is True


async def test_a_verdict_that_could_not_be_kept_is_found_again() -> None:
    """By the next look; meanwhile its finder shows it."""
    place = Place()
    place.away, place.intact = True, False
    one = await place.begin("proc_1")
    await place.clock.run_for(1)
    assert (place.walks, one.shows()) == (["proc_1"], False)
    place.away = False
    await place.clock.run_for(LOOK_S)
    two = await place.begin("proc_2")
    assert (place.walks, two.shows()) == (["proc_1", "proc_1"], False)
