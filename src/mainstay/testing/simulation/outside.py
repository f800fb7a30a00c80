"""The world outside: what tools change in it is counted, whoever asked for it.

A request that was sent takes effect, or not, whatever becomes of its sender.
"""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any, Literal

from mainstay.domain.errors import ToolFailed
from mainstay.testing.simulation.dice import Dice
from mainstay.testing.simulation.process import reach
from mainstay.testing.simulation.trace import Trace

LATENCY_S = (0.02, 0.4)
NEVER_S = 3600.0
TOOL_TIMEOUT_S = 3.0

ToolFault = Literal[
    "refuses", "slow", "lost", "lost_answer", "late", "breaks", "cracks"
]
"""``lost``: it never arrives. ``lost_answer``: it takes effect, and no answer comes.
``late``: it takes effect after its time-out. ``breaks``: an error before the effect,
``cracks``: one after it."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done in the world outside, once.

    Args:
        at_s: simulated time.
        tool: which tool did it.
        order: the order that it was done for.
        key: the idempotency key that it was done under.
        sender: the process that had asked for it.
    """

    at_s: float
    tool: str
    order: int
    key: str
    sender: str


class BrokeError(Exception):
    """The other side answered with an error of its own."""


class Outside:
    """Takes requests, and remembers what it did under which key.

    Args:
        dice: how long things take, and which of them fail.
        trace: is told.

    Attributes:
        deeds: everything that was done, in order.
        faults: what goes wrong with a tool's calls just now, and how often.
    """

    def __init__(self, dice: Dice, trace: Trace) -> None:
        self._dice = dice
        self._trace = trace
        self._context = copy_context()
        self._answered: dict[str, Literal["yes", "no"]] = {}
        self.deeds: list[Deed] = []
        self.faults: dict[str, tuple[ToolFault, float]] = {}

    async def do(
        self, tool: str, order: int, key: str, sender: str, *, once: bool
    ) -> dict[str, Any]:
        """Do something for an order; under a known key nothing new, if ``once``.

        Raises:
            ToolFailed: it is refused.
            BrokeError: it failed; whether it was done cannot be told.
        """
        await reach("tool")
        fault, loop = self._fault(tool), asyncio.get_running_loop()
        # Whoever takes keys gives the first answer to a key again, whatever it was.
        known = once and key in self._answered
        if (known and self._answered[key] == "no") or (
            fault == "refuses" and not known
        ):
            self._answered.setdefault(key, "no")
            await self._pass(self._dice.uniform(*LATENCY_S))
            raise ToolFailed(f"Order {order} is not for us to change.")
        answered = loop.create_future()
        deed = Deed(0.0, tool, order, key, sender)
        there_s, back_s = self._ways_s(fault)
        if fault not in ("lost", "breaks"):
            loop.call_later(there_s, self._act, deed, once, context=self._context)
        # A dead or frozen sender hears nothing, or late.
        loop.call_later(there_s + back_s, _answer, answered)
        await reach("sent")
        await answered
        await reach("done")
        if fault in ("breaks", "cracks"):
            raise BrokeError(fault)
        return {"order": order, "said": sentence(tool, order)}

    async def look(self, tool: str, order: int) -> dict[str, Any]:
        """Look an order up.

        Raises:
            ToolFailed: it is refused.
            BrokeError: it failed.
        """
        await reach("tool")
        fault = self._fault(tool)
        there_s, back_s = self._ways_s(fault)
        await self._pass(min(there_s + back_s, NEVER_S))
        if fault == "refuses":
            raise ToolFailed(f"There is no order {order}.")
        if fault in ("breaks", "cracks"):
            raise BrokeError(fault)
        return {"order": order, "state": "packed"}

    async def became(self, tool: str, key: str) -> Mapping[str, Any] | None:
        """Return what was done under a key, or None."""
        await self._pass(self._dice.uniform(*LATENCY_S))
        for deed in self.deeds:
            if (deed.tool, deed.key) == (tool, key):
                return {"order": deed.order, "said": sentence(tool, deed.order)}
        return None

    def _act(self, deed: Deed, once: bool) -> None:
        known = deed.key in self._answered
        self._answered.setdefault(deed.key, "yes")
        at_s = asyncio.get_running_loop().time()
        if not (once and known):
            self.deeds.append(Deed(at_s, deed.tool, deed.order, deed.key, deed.sender))
        again = " again" if known else ""
        self._trace.note(at_s, "outside", f"{deed.tool} {deed.order} {deed.key}{again}")

    def _fault(self, tool: str) -> ToolFault | None:
        fault, share = self.faults.get(tool, (None, 0.0))
        return fault if self._dice.happens(share) else None

    def _ways_s(self, fault: ToolFault | None) -> tuple[float, float]:
        """Return the seconds there and back."""
        there_s, back_s = self._dice.uniform(*LATENCY_S), self._dice.uniform(*LATENCY_S)
        match fault:
            case "slow":
                return there_s, TOOL_TIMEOUT_S * 0.8
            case "lost" | "lost_answer":
                return there_s, NEVER_S
            case "late":
                return TOOL_TIMEOUT_S + 1.0 + there_s, NEVER_S
            case _:
                return there_s, back_s

    async def _pass(self, seconds: float) -> None:
        done = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(seconds, _answer, done)
        await done


def sentence(tool: str, order: int) -> str:
    """Return the one sentence that says that something was done."""
    return f"Done: {tool} for order {order}."


def _answer(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


OUTSIDE: ContextVar[Outside] = ContextVar("mainstay_outside")
"""The world outside of the present simulated world."""
