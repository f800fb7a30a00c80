"""Check 4: every process shows its metrics, and what is exported arrives."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from mainstay.checklist.finding import Finding, failed, passed, unknown
from mainstay.checklist.web import Ask, Request
from mainstay.ports.members import Member

ROLES = ("gateway", "worker")
OK = 200
OURS = "\nmainstay_"
EXPORT = "check the receiver, OTEL_EXPORTER_OTLP_* and the keys of vendors"


@dataclass(frozen=True, slots=True)
class MonitoringLive:
    """Scrapes ``/metrics`` of every process that is known, and sends one export each.

    Args:
        members: the processes known.
        beside: addresses of those that no store knows, e.g. of the tool service.
        export: sends one test each to where telemetry is sent; returns what each said,
            "" where it took it.
        ask: makes requests.
    """

    members: Callable[[], Awaitable[Sequence[Member]]]
    beside: Sequence[str]
    export: Callable[[], Awaitable[Mapping[str, str]]]
    ask: Ask
    title: str = "monitoring endpoints live"

    async def look(self) -> Finding:
        """Ask each of them."""
        members = await self.members()
        served = {role for one in members for role in one.roles}
        if missing := [role for role in ROLES if role not in served]:
            told = f"no {' and no '.join(missing)} runs"
            return failed(told, f"start it: mainstay serve {missing[0]}")
        if silent := [one.owner for one in members if not one.address]:
            told = f"{silent[0]} does not say where it is"
            return unknown(told, "wait until it is ready, or end it; run it again")
        addresses = sorted({one.address for one in members} | set(self.beside))
        for address in addresses:
            if fault := await self._scrape(address):
                return fault
        said = await self.export()
        if refused := [f"{name}: {why}" for name, why in said.items() if why]:
            return unknown(f"a test export of {refused[0]}", EXPORT)
        sent = "".join(f", {name} was taken" for name in said)
        return passed(f"{len(addresses)} scraped{sent}")

    async def _scrape(self, address: str) -> Finding | None:
        page = await self.ask(Request("GET", f"{address}/metrics"))
        if page.status != OK:
            told = f"{address}/metrics answered {page.status}"
            return failed(told, "look at that process's log")
        if OURS not in f"\n{page.text}":
            told = f"{address}/metrics has no metric of ours"
            return failed(
                told, "something else listens there; check API_PORT, OPS_PORT"
            )
        return None
