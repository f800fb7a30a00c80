"""Alerts: one watcher, its memory, silences, and where metrics are."""

import asyncio

import pytest

from mainstay.ports.alerts import Page
from mainstay.testing.store_conformance.ports import StorePorts

FOR_S = 45.0


class AlertsConformance:
    """The contract of ``ports.Alerts``; each docstring is one of its sentences.

    ``ports`` has the processes ``one`` and ``two`` enlisted by ``known``.
    """

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    async def known(self, ports: StorePorts) -> StorePorts:
        """Give a store that knows two processes."""
        for owner in ("one", "two"):
            await ports.leases.enlist(owner, f"lock-{owner}", "gateway")
        return ports

    async def test_one_process_watches(self, known: StorePorts) -> None:
        """Who has the right keeps it, in one epoch; another does not get it."""
        alerts = known.alerts
        epoch = await alerts.watch("one", FOR_S)
        assert epoch is not None
        assert await alerts.watch("two", FOR_S) is None
        known.clock.advance(FOR_S - 1)
        assert await alerts.watch("one", FOR_S) == epoch
        known.clock.advance(FOR_S - 1)
        assert await alerts.watch("two", FOR_S) is None

    async def test_all_at_once_are_one(self, known: StorePorts) -> None:
        """However many ask at the same time, one of them wins."""
        owners = ["one", "two"] * 4
        won = await asyncio.gather(*(known.alerts.watch(o, FOR_S) for o in owners))
        winners = {o for o, epoch in zip(owners, won, strict=True) if epoch is not None}
        assert len(winners) == 1

    async def test_another_follows_when_the_time_is_over(
        self, known: StorePorts
    ) -> None:
        """In a higher epoch, and then the first one has the right no more."""
        first = await known.alerts.watch("one", FOR_S)
        known.clock.advance(FOR_S)
        second = await known.alerts.watch("two", FOR_S)
        assert first is not None
        assert second is not None
        assert second > first
        assert await known.alerts.watch("one", FOR_S) is None

    async def test_who_is_patient_leaves_it_to_a_known_owner(
        self, known: StorePorts
    ) -> None:
        """Though its time is over: then the owner goes on in its epoch."""
        first = await known.alerts.watch("one", FOR_S)
        known.clock.advance(2 * FOR_S)
        assert await known.alerts.watch("two", FOR_S, patient=True) is None
        assert await known.alerts.watch("one", FOR_S, patient=True) == first
        assert await known.alerts.watch("two", FOR_S) is None

    @pytest.mark.parametrize("patient", [False, True])
    async def test_another_follows_a_dead_process_at_once(
        self, known: StorePorts, patient: bool
    ) -> None:
        """Its time need not be over."""
        await known.alerts.watch("one", FOR_S)
        await known.leases.bury("one")
        epoch = await known.alerts.watch("two", FOR_S, patient=patient)
        assert epoch is not None

    async def test_only_the_present_watcher_is_remembered(
        self, known: StorePorts
    ) -> None:
        """What one that was followed still writes is refused, and nothing is lost."""
        alerts = known.alerts
        assert await alerts.recall("alerts") == b""
        first = await alerts.watch("one", FOR_S)
        assert first is not None
        assert await alerts.remember(first, "alerts", b"a\0b")
        assert await alerts.remember(first, "history", b"h")
        known.clock.advance(FOR_S)
        second = await alerts.watch("two", FOR_S)
        assert second is not None
        assert not await alerts.remember(first, "alerts", b"late")
        assert await alerts.recall("alerts") == b"a\0b"
        assert await alerts.remember(second, "alerts", b"c")
        assert await alerts.recall("alerts") == b"c"
        assert await alerts.recall("history") == b"h"

    async def test_a_silence_ends(self, known: StorePorts) -> None:
        """After its time, or by one of 0 seconds in its place."""
        alerts, now_ms = known.alerts, known.clock.now_ms()
        assert await alerts.silence("B", 60, "a drill", "cli") == now_ms + 60_000
        await alerts.silence("A", 120, "known", "cli")
        held = await alerts.silences()
        assert [(one.name, one.reason) for one in held] == [
            ("A", "known"),
            ("B", "a drill"),
        ]
        known.clock.advance(60)
        assert [one.name for one in await alerts.silences()] == ["A"]
        await alerts.silence("A", 0, "", "cli")
        assert await alerts.silences() == []


class PagesConformance:
    """The contract of ``ports.Pages``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_known_processes_have_pages(self, ports: StorePorts) -> None:
        """Each page once, by address; who is buried has none."""
        for owner, at in (("one", "h:1"), ("two", "h:2"), ("six", "h:2")):
            await ports.leases.enlist(owner, f"lock-{owner}", "worker")
            await ports.pages.publish(owner, at)
        await ports.pages.publish("nobody", "h:9")
        assert await ports.pages.pages() == [Page("h:1"), Page("h:2")]
        await ports.leases.bury("one")
        assert await ports.pages.pages() == [Page("h:2")]
        await ports.pages.publish("two", "h:3")
        assert await ports.pages.pages() == [Page("h:2"), Page("h:3")]

    async def test_one_address_on_two_machines_is_two_pages(
        self, ports: StorePorts
    ) -> None:
        """As loopback is; a process that is reached otherwise now says so."""
        for owner, machine in (("one", "b"), ("two", "a"), ("six", "a")):
            await ports.leases.enlist(owner, f"lock-{owner}", "worker")
            await ports.pages.publish(owner, "127.0.0.1:1", machine)
        both = [Page("127.0.0.1:1", "a"), Page("127.0.0.1:1", "b")]
        assert await ports.pages.pages() == both
        await ports.pages.publish("one", "127.0.0.1:1")
        assert await ports.pages.pages() == [Page("127.0.0.1:1"), both[0]]
