"""The running system that a drill is played in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mainstay.ports.audit import Audit
from mainstay.ports.clock import Clock
from mainstay.ports.hearing import Hearing
from mainstay.ports.members import Members
from mainstay.ports.orders import Orders


@dataclass(frozen=True, slots=True)
class Site:
    """What a drill reaches of a system; everything goes through its store.

    Args:
        orders: what processes are told.
        members: which processes there are.
        hearing: what customers live through.
        audit: is told of each fault before it begins.
        disturb: takes the database from everybody for so many seconds.
        carrier: what carries wakes.
        has_limits: whether a spend limit is set.
        clock: for pauses.
        driller: tells one that drills from every other.
        actor: who drills, in the audit.
    """

    orders: Orders
    members: Members
    hearing: Hearing
    audit: Audit
    disturb: Callable[[float], Awaitable[None]]
    carrier: str
    has_limits: bool
    clock: Clock
    driller: str
    actor: str = "cli"
