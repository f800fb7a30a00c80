"""Faults that drills bring: each begins, is kept up, and ends by itself."""

from dataclasses import dataclass, replace
from typing import Protocol

from mainstay.domain.order import Order
from mainstay.drills.site import Site

HOLD_S = 6.0
"""So long after its driller's last word a fault ends by itself."""

KEEP_S = 2.0
"""How often the driller says it again."""


class Fault(Protocol):
    """Something that goes wrong on purpose."""

    async def begin(self, site: Site, for_s: float) -> None:
        """Begin; it is to last for so many seconds."""
        ...

    async def keep(self, site: Site) -> None:
        """Let it hold on; called every two seconds."""
        ...

    async def end(self, site: Site) -> None:
        """End it; may be repeated."""
        ...

    async def missed(self, site: Site) -> str:
        """Return why nothing went wrong, "" if it did; asked when all is over."""
        ...


@dataclass(slots=True)
class Ordered:
    """A fault that processes are told of, and bring about themselves.

    Args:
        order: what they are told; who follows it answers to its target.
    """

    order: Order

    async def begin(self, site: Site, for_s: float) -> None:
        """Tell the audit, then the processes."""
        if not self.order.target:
            call = f"{self.order.kind}@{await site.hearing.now_ms()}"
            self.order = replace(self.order, target=call)
        detail = {"for_s": f"{for_s:g}", "target": self.order.target}
        detail |= {"factor": f"{self.order.factor:g}"}
        await site.audit.note(site.actor, "drill.begun", self.order.kind, detail)
        await self.keep(site)

    async def keep(self, site: Site) -> None:
        """Say it again."""
        await site.orders.hold(self.order, HOLD_S)

    async def end(self, site: Site) -> None:
        """Take it back."""
        await site.orders.lift(self.order)

    async def missed(self, site: Site) -> str:
        """Ask whether anybody followed it."""
        heard = await site.members.answered(self.order.target)
        return "" if heard else f"no worker heard of {self.order.kind}"


@dataclass(slots=True)
class OneWorkerDies:
    """The oldest worker that serves nothing else kills itself; it is told once."""

    victim: str = ""

    async def begin(self, site: Site, for_s: float) -> None:
        """Choose, tell the audit, then the worker."""
        workers = [m.owner for m in await site.members.all() if m.role == "worker"]
        self.victim = min(workers)
        await Ordered(Order("worker-loss", self.victim)).begin(site, for_s)

    async def keep(self, site: Site) -> None:
        """Do nothing more: one is enough."""

    async def end(self, site: Site) -> None:
        """Take the word back, should nobody have heard it."""
        await site.orders.lift(Order("worker-loss", self.victim))

    async def missed(self, site: Site) -> str:
        """Look whether it is known no more: others have buried it."""
        alive = {one.owner for one in await site.members.all()}
        return f"{self.victim} did not die" if self.victim in alive else ""


@dataclass(frozen=True, slots=True)
class DatabaseAway:
    """Nobody can use the database; the driller's own connection keeps it so."""

    async def begin(self, site: Site, for_s: float) -> None:
        """Tell the audit, then disturb for the whole time."""
        detail = {"for_s": f"{for_s:g}"}
        await site.audit.note(site.actor, "drill.begun", "database-restart", detail)
        await site.disturb(for_s)

    async def keep(self, site: Site) -> None:
        """Do nothing more."""

    async def end(self, site: Site) -> None:
        """Do nothing: it ended when it began to be over."""

    async def missed(self, site: Site) -> str:  # noqa: ARG002 - there is nothing to ask
        """Name nothing: a database that could not be taken away has raised."""
        return ""
