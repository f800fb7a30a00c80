"""What is made of Alertmanager's counters, where no real one can say it."""

import json
from collections.abc import Iterator

import pytest

from mainstay.checklist.alertmanager import Alertmanager
from mainstay.checklist.web import Answer, Request
from mainstay.domain.errors import MainstayError
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds

NAME = "alertmanager_notification_requests"


def counting(counts: Iterator[tuple[int, int]], *receivers: str) -> Alertmanager:
    """Return one that says these counts of tries and failures, one after the other."""

    async def ask(request: Request) -> Answer:
        if request.url.endswith("/metrics"):
            tried, lost = next(counts)
            lines = [f'{NAME}_total{{integration="a"}} {tried}']
            lines.append(f'{NAME}_failed_total{{integration="a"}} {lost}')
            return Answer(200, "\n".join(lines))
        alert = {"receivers": [{"name": name} for name in receivers]}
        return Answer(200, json.dumps([alert]))

    return Alertmanager("http://alerts", ask, SystemIds(), SystemClock())


async def test_what_was_taken_is_told() -> None:
    """By whom, and others' failures of before are not held against it."""
    told = await counting(iter([(4, 2), (5, 2), (5, 2)]), "b", "a").page()
    assert told == "by Alertmanager to a, b"


async def test_a_failure_that_is_read_a_moment_late_is_one() -> None:
    """It was tried, and the counter of failures was read before it rose."""
    with pytest.raises(MainstayError, match="could not pass"):
        await counting(iter([(0, 0), (1, 0), (1, 1), (1, 1)]), "a").page()


async def test_nobody_is_no_receiver() -> None:
    """Something was taken, and the alert is for nobody."""
    with pytest.raises(MainstayError, match="no receiver"):
        await counting(iter([(0, 0), (1, 0), (1, 0)])).page()
