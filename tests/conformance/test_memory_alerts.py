"""The in-memory twin keeps the contract of the ports of alerting."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.sqlite_ports import empty, opened

from mainstay.testing.clock import ManualClock
from mainstay.testing.memory_alerts import MemoryAlerts
from mainstay.testing.store_conformance.alerts import (
    AlertsConformance,
    PagesConformance,
)
from mainstay.testing.store_conformance.ports import StorePorts


class Roster:
    """Who is known as a process."""

    def __init__(self) -> None:
        self.owners: set[str] = set()

    async def enlist(self, owner: str, lock_path: str, role: str) -> None:
        """Know a process."""
        self.owners.add(owner)

    async def bury(self, owner: str) -> list[str]:
        """Know it no more."""
        self.owners.discard(owner)
        return []


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[StorePorts]:
    """Give a store whose ports of alerting are the twin."""
    clock, roster = ManualClock(), Roster()
    twin = MemoryAlerts(clock, lambda: roster.owners)
    with opened(empty(tmp_path / "s.db"), clock) as fresh:
        leases: Any = roster
        yield replace(fresh, leases=leases, alerts=twin, pages=twin)


class TestMemoryAlerts(AlertsConformance):
    """In memory: who watches."""


class TestMemoryPages(PagesConformance):
    """In memory: where metrics are."""
