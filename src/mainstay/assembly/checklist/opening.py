"""Gives the checks in their order, on a deployment that is opened for them."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from mainstay.assembly.brain import agent_of
from mainstay.assembly.checklist.beside import (
    alerts_of,
    log_of,
    models_of,
    runbooks_of,
    secrets_of,
)
from mainstay.assembly.checklist.late_store import LateStore
from mainstay.assembly.checklist.processes import door_of, endpoints_of, queue_of
from mainstay.assembly.checklist.shared import breakers_of, limiter_of
from mainstay.assembly.checklist.site import Site, open_site
from mainstay.assembly.engines import schema_status
from mainstay.checklist.configuration import ConfigurationValidated
from mainstay.checklist.finding import Check
from mainstay.checklist.migrations import MigrationsApplied
from mainstay.checklist.seal import Seal
from mainstay.checklist.spare import SPARE
from mainstay.checklist.titles import TITLES, Late, NotLooked
from mainstay.checklist.training import TeamTrained
from mainstay.domain.errors import AgentRefused
from mainstay.ports.records import Records
from mainstay.settings import Settings, faults, notes
from mainstay.system.clock import SystemClock


@dataclass(frozen=True, slots=True)
class OpenChecklist:
    """Checks that can be made now.

    Args:
        checks: in their order.
        store: where the record is kept.
    """

    checks: Sequence[Check]
    store: LateStore


@asynccontextmanager
async def open_checklist(
    settings: Settings, env: Mapping[str, str], seal: Seal, url: str | None = None
) -> AsyncGenerator[OpenChecklist]:
    """Give the checks of a deployment.

    Args:
        settings: of the deployment.
        env: what they were read from.
        seal: of its records.
        url: of a gateway; None: one that the store knows, or one started for this.
    """
    async with AsyncExitStack() as stack:
        site = await open_site(stack, settings, env, url)
        makers: list[Callable[[], Check]] = [
            lambda: _configuration_of(site),
            lambda: MigrationsApplied(lambda: schema_status(settings)),
            lambda: breakers_of(site),
            lambda: endpoints_of(site),
            lambda: models_of(site),
            lambda: limiter_of(site),
            lambda: queue_of(site),
            lambda: door_of(site),
            lambda: secrets_of(site),
            lambda: log_of(site),
            lambda: alerts_of(site),
            lambda: runbooks_of(site),
            lambda: _training_of(site, seal),
        ]
        made = zip(TITLES, makers, strict=True)
        checks = [_late(title, make, settings.left_out) for title, make in made]
        yield OpenChecklist(checks, site.store)


def _late(title: str, make: Callable[[], Check], left_out: Collection[str]) -> Check:
    """Return the check; where it needs what was left out, that it is not made."""
    if lacking := sorted(name for name in left_out if title in SPARE[name]):
        return NotLooked(title, f"faults in {', '.join(lacking)}")
    return Late(title, make)


def _configuration_of(site: Site) -> ConfigurationValidated:
    return ConfigurationValidated(
        lambda: faults(site.env),
        lambda: notes(site.env),
        lambda: _wrong_with_agent(site),
        site.settings.left_out,
    )


def _wrong_with_agent(site: Site) -> str:
    if site.settings.agent is None and site.is_production:
        return "no agent is named"
    try:
        agent_of(site.settings)
    except AgentRefused as refusal:
        return str(refusal)
    return ""


def _training_of(site: Site, seal: Seal) -> TeamTrained:
    async def records() -> Records:
        return (await site.store.get()).records

    name, now_ms = site.settings.deployment, SystemClock().now_ms()
    return TeamTrained(records, name, seal.opened, now_ms)
