"""Check 7: a wake goes through the broker to a worker, which answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mainstay.checklist.finding import Finding, failed, passed
from mainstay.ports.chance import Ids
from mainstay.ports.clock import Clock

LOOK_S = 0.1
ANSWER_S = 15.0
AGAIN_S = 5.0
"""A wake may get lost; one is sent again after so many seconds."""


@dataclass(frozen=True, slots=True)
class QueueTested:
    """Sends a wake for a conversation that does not exist; a worker says it came.

    Args:
        carrier: what carries wakes.
        send: publishes a wake for that id.
        answered: tells which worker had it, None while none has.
        ids: names the conversation.
        clock: for the wait.
    """

    carrier: str
    send: Callable[[str], Awaitable[None]]
    answered: Callable[[str], Awaitable[str | None]]
    ids: Ids
    clock: Clock
    title: str = "queue set up and tested"

    async def look(self) -> Finding:
        """Send, and wait for the answer."""
        call = self.ids.new("check")
        began_s = self.clock.monotonic_s()
        sent_s = float("-inf")
        while (now_s := self.clock.monotonic_s()) < began_s + ANSWER_S:
            if now_s >= sent_s + AGAIN_S:
                await self.send(call)
                sent_s = now_s
            if owner := await self.answered(call):
                took_ms = (self.clock.monotonic_s() - began_s) * 1000
                told = f"a wake reached {owner} by {self.carrier} in {took_ms:.0f} ms"
                return passed(told)
            await self.clock.sleep(LOOK_S)
        told = f"no worker had a wake by {self.carrier} in {ANSWER_S:g} s"
        return failed(told, "start a worker; make the queue with: mainstay queue init")
