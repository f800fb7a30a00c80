"""A test alert through Prometheus Alertmanager's API, version 2."""

import json
import re
from dataclasses import dataclass
from typing import Any

from mainstay.checklist.web import Ask, Request
from mainstay.domain.errors import MainstayError
from mainstay.domain.moment import moment
from mainstay.ports.chance import Ids
from mainstay.ports.clock import Clock

NAME = "MainstayTestAlert"
"""And six characters: in a group of its own it is passed on at once."""

LASTS_MS = 120_000
"""Longer than it is waited for: an alert that is over has no receivers any more."""

SENT_S = 90.0
"""Alertmanager waits ``group_wait`` before it tells anybody; mostly 30 s."""

LOOK_S = 0.5
OK = 200
_TRIED = re.compile(
    r"^alertmanager_notification_requests_total\{[^}]*\} (\S+)$", re.MULTILINE
)
"""Counted when a receiver has answered, or could not be reached; each try is one."""

_LOST = re.compile(
    r"^alertmanager_notification_requests_failed_total\{[^}]*\} (\S+)$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """Brings alerts to whom its routes name.

    Args:
        url: of its API, without ``/api/v2``.
        ask: makes requests.
        ids: names the alert.
        clock: for the wait.
    """

    url: str
    ask: Ask
    ids: Ids
    clock: Clock

    async def page(self) -> str:
        """Send an alert; wait until a receiver took it, by Alertmanager's own count."""
        before, lost = await self._counts()
        check = self.ids.new("check")
        await self._post(check)
        until_s = self.clock.monotonic_s() + SENT_S
        while self.clock.monotonic_s() < until_s:
            sent, failures = await self._counts()
            if failures > lost:
                raise MainstayError(
                    "Alertmanager could not pass a test alert on; look at its log"
                )
            # Counters are not read at one moment: a try that failed may seem taken.
            if sent > before and (await self._counts())[0] > before:
                return f"by Alertmanager to {', '.join(await self._receivers(check))}"
            await self.clock.sleep(LOOK_S)
        raise MainstayError(
            f"Alertmanager passed no test alert on in {SENT_S:g} s; check its routes "
            "and group_wait, and try again in five minutes"
        )

    async def _post(self, check: str) -> None:
        now_ms = self.clock.now_ms()
        labels = {"alertname": f"{NAME}{check[-6:]}", "severity": "ticket"}
        labels["check"] = check
        told = {"summary": "A test by mainstay check deploy; nothing is wrong."}
        times = {"startsAt": moment(now_ms), "endsAt": moment(now_ms + LASTS_MS)}
        body = json.dumps([{"labels": labels, "annotations": told, **times}])
        headers = {"content-type": "application/json"}
        answer = await self.ask(
            Request("POST", f"{self.url}/api/v2/alerts", headers, body.encode())
        )
        if answer.status != OK:
            raise MainstayError(
                f"Alertmanager answered {answer.status} to an alert; "
                "check ALERTMANAGER_URL"
            )

    async def _counts(self) -> tuple[float, float]:
        """Return how many tries were taken by a receiver, and how many were not."""
        page = await self.ask(Request("GET", f"{self.url}/metrics"))
        lost = _sum(_LOST, page.text)
        return _sum(_TRIED, page.text) - lost, lost

    async def _receivers(self, check: str) -> list[str]:
        where = f"{self.url}/api/v2/alerts?filter=check%3D%22{check}%22"
        page = await self.ask(Request("GET", where))
        alerts: list[dict[str, Any]] = json.loads(page.text)
        names = {r["name"] for one in alerts for r in one["receivers"]}
        if not names:
            raise MainstayError(
                "Alertmanager knows no receiver of the test alert; try again"
            )
        return sorted(names)


def _sum(pattern: re.Pattern[str], page: str) -> float:
    return sum(float(found) for found in pattern.findall(page))
