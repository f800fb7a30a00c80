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

LASTS_MS = 60_000
SENT_S = 90.0
"""Alertmanager waits ``group_wait`` before it tells anybody; mostly 30 s."""

LOOK_S = 0.5
OK = 200
_SENT = re.compile(r"^alertmanager_notifications_total\{[^}]*\} (\S+)$", re.MULTILINE)
_LOST = re.compile(
    r"^alertmanager_notifications_failed_total\{[^}]*\} (\S+)$", re.MULTILINE
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
        """Send an alert; wait until it was passed on, by Alertmanager's own count."""
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
            if sent > before:
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
        """Return how many notifications it has sent, and could not send."""
        page = await self.ask(Request("GET", f"{self.url}/metrics"))
        return _sum(_SENT, page.text), _sum(_LOST, page.text)

    async def _receivers(self, check: str) -> list[str]:
        where = f"{self.url}/api/v2/alerts?filter=check%3D%22{check}%22"
        page = await self.ask(Request("GET", where))
        alerts: list[dict[str, Any]] = json.loads(page.text)
        names = {r["name"] for one in alerts for r in one["receivers"]}
        return sorted(names) or ["nobody"]


def _sum(pattern: re.Pattern[str], page: str) -> float:
    return sum(float(found) for found in pattern.findall(page))
