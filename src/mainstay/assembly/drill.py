"""Plays a drill in the deployment that the settings describe, and keeps its record."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from mainstay.assembly.engines import open_store
from mainstay.assembly.parts import start
from mainstay.assembly.records import Keeper, Kept
from mainstay.assembly.storage import Store
from mainstay.checklist.report import Deployment
from mainstay.checklist.seal import Seal
from mainstay.checklist.web import ask
from mainstay.domain.errors import MainstayError
from mainstay.drills.customers import Customers
from mainstay.drills.outcome import Outcome
from mainstay.drills.plan import Plan
from mainstay.drills.play import Player, Times
from mainstay.drills.report import record_of
from mainstay.drills.site import Site
from mainstay.ports.members import gateway_of
from mainstay.settings import Settings
from mainstay.settings.limits import limits_of
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Customers that the driller brings.

    Args:
        count: how many; 0 for none.
        url: of a gateway; None: one that the store knows.
        key: an API key.
    """

    count: int = 0
    url: str | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Played:
    """A drill that was played.

    Args:
        outcome: how it went.
        kept: its record.
    """

    outcome: Outcome
    kept: Kept


async def play(
    settings: Settings,
    plan: Plan,
    times: Times,
    seal: Seal,
    load: Load,
    tell: Callable[[str], None],
) -> Played:
    """Play a drill to its end, and put its signed record into the store, if it can.

    Raises:
        MainstayError: the system lacks what the drill needs, or is not steady.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings))

        async def at_hand() -> Store:
            return store

        customers = await _customers(stack, store, load)
        refused = None if customers is None else lambda: customers.refused
        player = Player(plan, site_of(settings, store), times, tell, refused)
        outcome = await player.play()
        now_ms = clock.now_ms()
        what = Deployment(settings.deployment, settings.env)
        kept = await Keeper(seal, at_hand).keep(
            "drill",
            plan.name,
            now_ms,
            record_of(outcome, plan, what, now_ms),
            passed=outcome.passed,
        )
        return Played(outcome, kept)


def site_of(settings: Settings, store: Store) -> Site:
    """Return the running system as a drill reaches it."""
    return Site(
        orders=store.orders,
        members=store.members,
        hearing=store.hearing,
        audit=store.audit,
        disturb=lambda for_s: _disturb(settings, for_s),
        carrier=settings.carrier,
        has_limits=bool(limits_of(settings)),
        clock=SystemClock(),
        driller=SystemIds().new("drl"),
    )


async def _disturb(settings: Settings, for_s: float) -> None:
    clock = SystemClock()
    if settings.engine == "postgres":
        from mainstay.assembly.postgres import address_of
        from mainstay.stores.postgres.disturbance import disturb

        await disturb(address_of(settings), for_s, clock)
        return
    from mainstay.stores.sqlite.disturbance import disturb as disturb_file

    await disturb_file(settings.database_path, for_s, clock)


async def _customers(
    stack: AsyncExitStack, store: Store, load: Load
) -> Customers | None:
    if not load.count:
        return None
    url = load.url or gateway_of(await store.members.all())
    if url is None:
        raise MainstayError("no gateway is known; start one, or name it with --url")
    customers = Customers(url, load.key, load.count, ask, SystemClock())
    await start(stack, customers)
    return customers
