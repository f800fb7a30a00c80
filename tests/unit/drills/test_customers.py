"""Customers of the driller's own: they write to the gateway that was named."""

import pytest

from mainstay.checklist.web import Answer, Request
from mainstay.drills.customers import Customers
from mainstay.testing.clock import ManualClock


@pytest.mark.parametrize("url", ["http://g:1", "http://g:1/"])
async def test_they_write_wherever_the_address_ends(url: str) -> None:
    """A slash at its end is not asked for twice."""
    asked: list[str] = []

    async def ask(request: Request) -> Answer:
        asked.append(request.url)
        opened = request.url.endswith("/conversations")
        return Answer(201, '{"id": "c"}') if opened else Answer(202, "{}")

    clock = ManualClock()
    customers = Customers(url, "k", 1, ask, clock)
    await customers.start()
    await clock.run_for(0.5)
    await customers.stop()
    talk = "http://g:1/v1/conversations"
    assert asked == [talk, f"{talk}/c/messages"]
