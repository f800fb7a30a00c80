"""Goes through the checklist, and keeps the signed record of it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from mainstay.assembly.checklist.opening import open_checklist
from mainstay.assembly.checklist.site import LateStore
from mainstay.checklist.configuration import ConfigurationValidated
from mainstay.checklist.finding import Check
from mainstay.checklist.progress import Progress
from mainstay.checklist.report import Deployment, report_of
from mainstay.checklist.seal import Seal
from mainstay.checklist.titles import TITLES, NotLooked
from mainstay.checklist.walk import Checked, is_ready, walk
from mainstay.domain.errors import MainstayError
from mainstay.domain.record import Record
from mainstay.settings import Settings, faults
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds


@dataclass(frozen=True, slots=True)
class Made:
    """A walk through the checklist.

    Args:
        found: by each check.
        record: as it is kept; None where nothing could be signed.
        stored: whether the store has it.
    """

    found: Sequence[Checked]
    record: Record | None
    stored: bool


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
        text = seal.sealed(report_of(found, what, now_ms))
        id_, ready = SystemIds().new("rec"), is_ready(found)
        record = Record(id_, "checklist", settings.deployment, ready, now_ms, text)
        return Made(found, record, await _store(opened.store, record))


async def make_without_settings(env: Mapping[str, str], progress: Progress) -> Made:
    """Say which faults the settings have; no other check can be made."""
    first = ConfigurationValidated(lambda: faults(env), list, str)
    checks: list[Check] = [first, *(NotLooked(title) for title in TITLES[1:])]
    return Made(await _walk(checks, progress), None, stored=False)


async def _walk(checks: Sequence[Check], progress: Progress) -> Sequence[Checked]:
    begun, ended = progress.begun, progress.ended
    return await walk(checks, SystemClock(), begun=begun, ended=ended)


async def _store(late: LateStore, record: Record) -> bool:
    # What keeps it from being stored is among the findings.
    with suppress(MainstayError):
        store = await late.get()
        detail = {"passed": str(record.passed).lower()}
        await store.audit.note("cli", "checklist.made", record.id, detail)
        await store.records.add(record)
        return True
    return False
