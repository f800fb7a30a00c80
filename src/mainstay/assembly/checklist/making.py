"""Goes through the checklist, and keeps the signed record of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mainstay.assembly.checklist.opening import open_checklist
from mainstay.assembly.records import Keeper, Kept
from mainstay.checklist.configuration import ConfigurationValidated
from mainstay.checklist.finding import Check
from mainstay.checklist.progress import Progress
from mainstay.checklist.report import Deployment, report_of
from mainstay.checklist.seal import Seal
from mainstay.checklist.titles import TITLES, NotLooked
from mainstay.checklist.walk import Checked, is_ready, walk
from mainstay.settings import Settings, faults
from mainstay.system.clock import SystemClock


@dataclass(frozen=True, slots=True)
class Made:
    """A walk through the checklist.

    Args:
        found: by each check.
        kept: its record; None where nothing could be signed.
    """

    found: Sequence[Checked]
    kept: Kept | None


async def make(
    settings: Settings,
    env: Mapping[str, str],
    seal: Seal,
    progress: Progress,
    url: str | None = None,
) -> Made:
    """Make every check; the record is stored where there is a store."""
    clock = SystemClock()
    async with open_checklist(settings, env, seal, url) as opened:
        found = await _walk(opened.checks, progress)
        now_ms = clock.now_ms()
        what = Deployment(settings.deployment, settings.env)
        # What keeps it from being stored is among the findings.
        kept = await Keeper(seal, opened.store.get).keep(
            "checklist",
            settings.deployment,
            now_ms,
            report_of(found, what, now_ms),
            passed=is_ready(found),
        )
        return Made(found, kept)


async def make_without_settings(env: Mapping[str, str], progress: Progress) -> Made:
    """Say which faults the settings have; no other check can be made."""
    first = ConfigurationValidated(lambda: faults(env), list, str)
    checks: list[Check] = [first, *(NotLooked(title) for title in TITLES[1:])]
    return Made(await _walk(checks, progress), None)


async def _walk(checks: Sequence[Check], progress: Progress) -> Sequence[Checked]:
    begun, ended = progress.begun, progress.ended
    return await walk(checks, SystemClock(), begun=begun, ended=ended)
