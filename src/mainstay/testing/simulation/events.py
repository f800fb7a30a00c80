"""What happens to a simulated world, as plain data: people, and faults.

A plan is a list of these. Every one can be left out, so that a failing plan shrinks.
"""

from typing import Literal

import msgspec

from mainstay.testing.simulation.outside import ToolFault
from mainstay.testing.simulation.process import Point
from mainstay.testing.simulation.weather import Fault


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Something that happens.

    Args:
        at_s: simulated seconds after the world's begin.
    """

    at_s: float


class Say(_Event, frozen=True, kw_only=True):
    """A customer writes, and tries again under the same key until it is accepted.

    Args:
        talk: number of the conversation.
        ref: number of the message; no two share one.
        text: what is written.
        tries: requests after which the customer gives up.
        patience_s: seconds that one request may take.
        waits: whether the next message of this conversation waits for a reply.
    """

    talk: int
    ref: int
    text: str
    tries: int = 40
    patience_s: float = 5.0
    waits: bool = False


class TakeOver(_Event, frozen=True, kw_only=True):
    """A human takes a conversation over, and gives it back.

    Args:
        talk: number of the conversation.
        replies: whether the human writes before giving it back.
        for_s: seconds until it is given back; None: never.
    """

    talk: int
    replies: bool
    for_s: float | None


class Kill(_Event, frozen=True, kw_only=True):
    """A process dies at once.

    Args:
        process: its name.
        point: where, from ``at_s`` on; None: after ``nth`` callbacks.
        nth: at which passing of the point.
        down_s: seconds until it is started again.
    """

    process: str
    point: Point | None = None
    nth: int = 1
    down_s: float = 2.0


class Freeze(_Event, frozen=True, kw_only=True):
    """A process stands still for a while: SIGSTOP, then SIGCONT.

    Args:
        process: its name.
        point: where, from ``at_s`` on; None: at once.
        nth: at which passing of the point.
        for_s: seconds until it goes on.
        whole: false stops the event loop only, as a blocking call does.
    """

    process: str
    point: Point | None = None
    nth: int = 1
    for_s: float
    whole: bool = True


class Drain(_Event, frozen=True, kw_only=True):
    """A process is stopped in an orderly way, and started again.

    Args:
        process: its name.
        down_s: seconds until it is started again.
    """

    process: str
    down_s: float = 1.0


Part = Literal["store", "cache", "broker"]


class Outage(_Event, frozen=True, kw_only=True):
    """A part cannot be had.

    Args:
        part: which.
        for_s: seconds until it is back.
    """

    part: Part
    for_s: float


class SlowStore(_Event, frozen=True, kw_only=True):
    """Every commit takes longer.

    Args:
        by_s: seconds longer.
        for_s: seconds until it is quick again.
    """

    by_s: float
    for_s: float


class BadWakes(_Event, frozen=True, kw_only=True):
    """The broker loses, doubles and delays wakes.

    Args:
        lost: share of the wakes.
        doubled: share of the others.
        late: share of the others, up to 6 s.
        for_s: seconds until it is reliable again.
    """

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    for_s: float


class ClockStep(_Event, frozen=True, kw_only=True):
    """The store's clock is set forward.

    Args:
        by_s: seconds.
    """

    by_s: float


class ModelFault(_Event, frozen=True, kw_only=True):
    """A model's calls fail.

    Args:
        model: ``primary`` or ``fallback``.
        fault: how.
        share: of the calls, 0 to 1.
        retry_after_s: what a rate limit says, seconds.
        for_s: seconds until it is well again.
    """

    model: str
    fault: Fault
    share: float = 1.0
    retry_after_s: float | None = None
    for_s: float


class ToolTrouble(_Event, frozen=True, kw_only=True):
    """A tool's calls fail.

    Args:
        tool: its name.
        fault: how.
        share: of the calls, 0 to 1.
        for_s: seconds until it is well again.
    """

    tool: str
    fault: ToolFault
    share: float = 1.0
    for_s: float


Event = (
    Say
    | TakeOver
    | Kill
    | Freeze
    | Drain
    | Outage
    | SlowStore
    | BadWakes
    | ClockStep
    | ModelFault
    | ToolTrouble
)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A whole world as data: replaying it gives the same trace.

    Args:
        seed: of the dice.
        gateways: how many.
        workers: how many.
        brokered: a broker carries the wakes; else the store does.
        shared: the processes share a cache.
        open_s: how long an opened breaker stays open at first.
        talks: how many conversations; two neighbours may be one customer's.
        events: what happens.
    """

    seed: int
    gateways: int = 2
    workers: int = 2
    brokered: bool = True
    shared: bool = True
    open_s: float = 60.0
    talks: int
    events: tuple[Event, ...]

    @property
    def processes(self) -> list[str]:
        """The names of all processes."""
        gateways = [f"gateway-{n}" for n in range(1, self.gateways + 1)]
        return gateways + [f"worker-{n}" for n in range(1, self.workers + 1)]


def encoded(plan: Plan) -> str:
    """Return a plan as one line of JSON."""
    return msgspec.json.encode(plan).decode()


def decoded(text: str) -> Plan:
    """Return the plan of a line of JSON.

    Raises:
        ValueError: it is none.
    """
    return msgspec.json.decode(text, type=Plan)
