"""What is known of one check."""

from mainstay.monitoring.health.check import STALE_PERIODS, Check
from mainstay.ports.clock import Clock
from mainstay.ports.findings import Finding, Found
from mainstay.ports.health import CheckState

UNKNOWN = Finding(ok=True, detail="not looked at yet")
"""A process that has just begun takes what it stands on for well, for three periods."""


class Record:
    """The newest finding of a check, and how many failures led to it.

    Args:
        check: what is checked.
        clock: tells how old the finding is.
    """

    def __init__(self, check: Check, clock: Clock) -> None:
        self._check = check
        self._clock = clock
        self._began_s = clock.monotonic_s()
        self._run_s: float | None = None
        self._finding = UNKNOWN
        self._failures = 0

    def note(self, finding: Finding) -> None:
        """Take what this process found just now."""
        self._finding = finding
        self._failures = 0 if finding.ok else self._failures + 1
        self._run_s = self._clock.monotonic_s()

    def take(self, found: Found) -> None:
        """Take what some process found, and when."""
        self._finding, self._failures = found.finding, found.failures
        self._run_s = self._clock.monotonic_s() - found.age_ms / 1000

    def state(self) -> CheckState:
        """Return how the check stands now."""
        age_s, stale = self._age_s(), self.is_stale()
        detail = self._finding.detail
        if stale:
            detail = f"not looked at for {age_s:.0f} s"
        run_ms = self._clock.now_ms() - round(age_s * 1000)
        return CheckState(
            self._check.name,
            ok=not stale and self._failures < self._check.in_a_row,
            detail=detail,
            critical=self._check.critical,
            failures=self._failures,
            last_run_ms=None if self._run_s is None else run_ms,
            stale=stale,
        )

    def words(self) -> str:
        """Return what the log is told."""
        words = "" if self.is_stale() else self._finding.words
        return words or self.state().detail

    def current(self) -> Finding | None:
        """Return the newest finding, None when there is none, or an old one only."""
        return None if self._run_s is None or self.is_stale() else self._finding

    def is_stale(self) -> bool:
        """Tell whether it was not looked at for three periods."""
        return self._age_s() > STALE_PERIODS * self._check.every_s

    def _age_s(self) -> float:
        since_s = self._began_s if self._run_s is None else self._run_s
        return self._clock.monotonic_s() - since_s
