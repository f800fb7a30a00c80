"""Check 12: every alert has its runbook, and somebody has read it lately."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mainstay.checklist.alerting import Rules
from mainstay.checklist.finding import Finding, failed, passed

DAYS = 180
_REVIEWED = re.compile(r"\breviewed\W{1,6}(\d{4}-\d\d-\d\d)\b", re.IGNORECASE)
"""As in ``Last reviewed: 2026-11-26``."""


@dataclass(frozen=True, slots=True)
class RunbooksWritten:
    """Looks for a page of each alert's name, and at the date in it.

    Args:
        rules: the alerts.
        folder: the pages, ``ALERT.md``.
        today: the date.
    """

    rules: Rules
    folder: Path
    today: date
    title: str = "runbooks written"

    async def look(self) -> Finding:
        """Read each page."""
        if not self.folder.is_dir():
            told = f"no folder {self.folder}"
            return failed(told, "name the folder of your runbooks in MAINSTAY_RUNBOOKS")
        faults = {name: self._fault(name) for name in self.rules.alerts()}
        bad = {name: fault for name, fault in faults.items() if fault}
        if not faults:
            return failed("there is no alert rule", "install the rules file")
        if not bad:
            return passed(f"{len(faults)}, each reviewed within {DAYS} days")
        name, fault = next(iter(bad.items()))
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        way_out = (
            f"read {self.folder / name}.md, correct it, write: Last reviewed: DATE"
        )
        return failed(f"{name}: {fault}{more}", way_out)

    def _fault(self, name: str) -> str:
        page = self.folder / f"{name}.md"
        if not page.is_file():
            return "no page"
        try:
            dates = [
                date.fromisoformat(d)
                for d in _REVIEWED.findall(page.read_text("utf-8"))
            ]
        except ValueError:
            return "its date is none"
        if not dates:
            return "no date of a review"
        age = (self.today - max(dates)).days
        if age < 0:
            return f"reviewed in {-age} days"
        return f"reviewed {age} days ago" if age > DAYS else ""
