"""Builds the background checks of a process."""

from collections.abc import Callable

from mainstay.assembly.breakers import Guards
from mainstay.assembly.frame import Frame
from mainstay.assembly.sharing import Sharing
from mainstay.assembly.storage import Storage
from mainstay.domain.errors import StoreUnavailable
from mainstay.domain.step import FIRST_PARTY
from mainstay.monitoring.health import hour_book, turns
from mainstay.monitoring.health.check import CRITICAL_EVERY_S, Check, Flag, Look
from mainstay.monitoring.health.hour_book import HourBook
from mainstay.monitoring.health.signs import Signs
from mainstay.ports.findings import Finding, Reachable, fault_of
from mainstay.ports.telemetry import Telemetry
from mainstay.system.clock import SystemClock

CLAUDE, MODELS, DATABASE = "claude_api", "claude_models", "database"
DATABASE_TIMEOUT_S = 2.0
CLAUDE_TIMEOUT_S = 5.0
"""No longer than the adapter waits for such an answer."""


def signs_of(frame: Frame, claude: Reachable | None, depth: Callable[[], int]) -> Signs:
    """Return the checks of a process, not started.

    Args:
        frame: what is looked at.
        claude: asks whether Claude is there; None in a process that calls no model.
        depth: tells how many conversations are ready, as it is known.
    """
    storage, telemetry = frame.storage, frame.monitoring
    checks = [
        Check(
            name=DATABASE,
            look=_database(storage),
            every_s=CRITICAL_EVERY_S,
            timeout_s=DATABASE_TIMEOUT_S,
            critical=True,
        ),
        *_claude(frame, claude),
        *_others(frame),
        *_turns(storage, telemetry),
    ]
    return Signs(
        checks,
        storage.store.findings,
        storage.owner,
        depth,
        SystemClock(),
        telemetry,
        flags=_flags(frame.sharing),
    )


def _database(storage: Storage) -> Look:
    findings, owner = storage.store.findings, storage.owner

    async def look() -> Finding:
        try:
            # What is full can be read. Nobody reads what is told here.
            await findings.latest(DATABASE)
            await findings.tell(DATABASE, owner, Finding(True))
        except StoreUnavailable as error:
            return fault_of(error)
        return Finding(True)

    return look


def _claude(frame: Frame, claude: Reachable | None) -> list[Check]:
    """Return the checks of Claude; who calls it asks the API, for all the others."""
    breakers = _breakers(frame.guards)
    if FIRST_PARTY not in frame.settings.providers:
        # A cloud has nothing that could be asked for nothing.
        return [_of_breakers(CLAUDE, breakers)]
    asked = Check(
        name=CLAUDE,
        look=None if claude is None else claude.reach,
        every_s=CRITICAL_EVERY_S,
        timeout_s=CLAUDE_TIMEOUT_S,
        critical=True,
        shared=True,
    )
    return [asked, _of_breakers(MODELS, breakers)]


def _of_breakers(name: str, look: Look) -> Check:
    """Return a check that fails at once: a breaker has counted failures already."""
    return Check(
        name=name, look=look, every_s=CRITICAL_EVERY_S, critical=True, in_a_row=1
    )


def _breakers(guards: Guards) -> Look:
    async def look() -> Finding:
        # A gateway calls no model: what it knows, it has heard.
        found = await guards.shared.statuses()
        # One whose open time is over waits for a call: while nobody writes, for hours.
        down = {one.name for one in found if one.retry_in_s} & guards.model_names
        names = ", ".join(sorted(down))
        return Finding(not down, f"paused: {names}" if down else "")

    return look


def _others(frame: Frame) -> list[Check]:
    """Return the checks of what can be lived without, where it is there at all."""
    checks: list[Check] = []
    if isinstance(frame.queue, Reachable):
        checks.append(Check(name="queue", look=frame.queue.reach))
    if frame.settings.tools_url is not None:
        # Who calls no tools has no way to the service.
        look = frame.tools.reach if isinstance(frame.tools, Reachable) else None
        checks.append(Check(name="tools", look=look, shared=True))
    return checks


def _flags(sharing: Sharing | None) -> list[Flag]:
    if sharing is None:
        return []

    def cache() -> Finding:
        up = sharing.cache.is_up
        detail = "" if up else "away: limits and breakers are each process's own"
        return Finding(up, detail)

    return [Flag(name="cache", read=cache)]


def _turns(storage: Storage, telemetry: Telemetry) -> list[Check]:
    """Return what looks at the turns of the last minutes, and of each hour."""
    hours, clock = storage.store.hours, storage.clock
    book = HourBook(hours, clock, telemetry)
    return [
        Check(
            name=turns.TURNS,
            look=turns.look_at_turns(hours, clock),
            every_s=CRITICAL_EVERY_S,
            shared=True,
        ),
        Check(
            name=hour_book.ANOMALIES,
            look=book.look,
            every_s=hour_book.EVERY_S,
            timeout_s=hour_book.TIMEOUT_S,
            shared=True,
        ),
    ]
