"""The vital signs of a process, kept fresh in the background."""

from collections.abc import Callable, Sequence
from typing import Any

from mainstay.domain.anomaly import Judgement
from mainstay.monitoring.health.check import Check, Flag
from mainstay.monitoring.health.hour_book import ANOMALIES, judgements_of
from mainstay.monitoring.health.rounds import Rounds
from mainstay.monitoring.health.turns import TURNS, recent_of
from mainstay.ports.clock import Clock
from mainstay.ports.findings import Findings
from mainstay.ports.health import CheckState, RecentTurns
from mainstay.ports.telemetry import Telemetry


class Signs:
    """Implements ``VitalSigns`` by checks that run from ``start`` to ``stop``.

    Args:
        checks: what is looked at.
        findings: where shared findings are kept.
        owner: this process.
        depth: tells how many conversations are ready, as it is known.
        clock: for pauses and ages.
        telemetry: is told of what begins to fail.
        flags: what is known at any time; never critical.
    """

    def __init__(  # noqa: PLR0913 - what it looks at, and what it is told by
        self,
        checks: Sequence[Check],
        findings: Findings,
        owner: str,
        depth: Callable[[], int],
        clock: Clock,
        telemetry: Telemetry,
        *,
        flags: Sequence[Flag] = (),
    ) -> None:
        self._rounds = {
            check.name: Rounds(check, findings, owner, clock, telemetry)
            for check in checks
        }
        self._flags = flags
        self._clock = clock
        self._depth = depth

    async def start(self) -> None:
        """Start to look; waits for nothing that is looked at."""
        for rounds in self._rounds.values():
            await rounds.start()

    async def stop(self) -> None:
        """Stop looking; may be repeated."""
        for rounds in self._rounds.values():
            await rounds.stop()

    def checks(self) -> Sequence[CheckState]:
        """Return how each check stands now."""
        looked = [rounds.record.state() for rounds in self._rounds.values()]
        return [*looked, *map(self._state_of, self._flags)]

    def recent(self) -> RecentTurns | None:
        """Return the last 5 minutes' turns, None while nobody can tell."""
        figures = self._figures(TURNS)
        return None if figures is None else recent_of(figures)

    def depth(self) -> int:
        """Return how many conversations are ready for a worker."""
        return self._depth()

    def judgements(self) -> Sequence[Judgement]:
        """Return how this hour compares with past weeks; none before the first look."""
        figures = self._figures(ANOMALIES)
        return [] if figures is None else judgements_of(figures)

    def _state_of(self, flag: Flag) -> CheckState:
        finding, now_ms = flag.read(), self._clock.now_ms()
        failures = 0 if finding.ok else 1
        return CheckState(
            flag.name, finding.ok, finding.detail, False, failures, now_ms
        )

    def _figures(self, name: str) -> Any:
        """Return what came with a fresh finding, None without one."""
        rounds = self._rounds.get(name)
        finding = None if rounds is None else rounds.record.current()
        return finding.figures if finding is not None and finding.figures else None
