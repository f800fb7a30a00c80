"""One check's rounds."""

import asyncio
from dataclasses import replace

from mainstay.monitoring.health.check import Check, Look
from mainstay.monitoring.health.record import Record
from mainstay.ports.clock import Clock
from mainstay.ports.findings import Finding, Findings, Found
from mainstay.ports.telemetry import CheckChanged, Telemetry
from mainstay.resilience.every import Every

TAKE_OVER_PERIODS = 2
"""Who looked last looks again; others when nothing was found for so many periods."""


class Rounds:
    """Looks, waits, and looks again, from ``start`` to ``stop``.

    Of a shared check one process looks, and the others read what it found: whoever
    looked last goes on, and when it is gone another takes over. While the store cannot
    be had, each process that can look does.

    Args:
        check: what, how and how often.
        findings: where shared ones are kept.
        owner: this process.
        clock: for pauses and ages.
        telemetry: is told when the check begins to fail, and when it no longer does.
    """

    def __init__(
        self,
        check: Check,
        findings: Findings,
        owner: str,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self.record = Record(check, clock)
        self._check = check
        self._findings = findings
        self._owner = owner
        self._telemetry = telemetry
        self._was_ok = True
        self._rounds = Every(check.every_s, self._go, clock, at_once=True)

    async def start(self) -> None:
        """Start; the first look comes at once, and is not waited for."""
        await self._rounds.start()

    async def stop(self) -> None:
        """Stop, in the middle of a look if need be; may be repeated."""
        await self._rounds.stop()

    async def _go(self) -> None:
        await self._round()
        state = self.record.state()
        if state.ok != self._was_ok:
            self._was_ok = state.ok
            word = "ok" if state.ok else "failing"
            self._telemetry.emit(CheckChanged(state.name, word, self.record.words()))

    async def _round(self) -> None:
        look = self._check.look
        if self._check.shared:
            await self._share(look)
        elif look is not None:
            self.record.note(await self._looked(look))

    async def _share(self, look: Look | None) -> None:
        try:
            found = await self._latest()
        except Exception:  # noqa: BLE001 - the database's own check tells of it
            if look is not None:
                self.record.note(await self._looked(look))
            return
        if look is not None and self._is_due(found):
            finding = await self._looked(look)
            found = await self._told(finding)
        if found is not None:
            self.record.take(found)

    async def _told(self, finding: Finding) -> Found | None:
        """Tell the others; None when that failed, so that only this process knows."""
        try:
            async with asyncio.timeout(self._check.timeout_s):
                await self._findings.tell(self._check.name, self._owner, finding)
            found = await self._latest()
        except Exception:  # noqa: BLE001 - the database's own check tells of it
            self.record.note(finding)
            return None
        if found is None:
            return None
        # Its words are for this process's log, and not kept for the others.
        return replace(found, finding=replace(found.finding, words=finding.words))

    async def _latest(self) -> Found | None:
        async with asyncio.timeout(self._check.timeout_s):
            return await self._findings.latest(self._check.name)

    def _is_due(self, found: Found | None) -> bool:
        if found is None or found.owner == self._owner:
            return True
        return found.age_ms >= TAKE_OVER_PERIODS * self._check.every_s * 1000

    async def _looked(self, look: Look) -> Finding:
        """Look; whatever goes wrong is a finding."""
        try:
            async with asyncio.timeout(self._check.timeout_s):
                return await look()
        except TimeoutError:
            return Finding(False, f"no answer in {self._check.timeout_s:g} s")
        except Exception as error:  # noqa: BLE001 - its words may not be for anybody
            return Finding(False, type(error).__name__)
