"""The open store as the rest of a process sees it, whatever its engine."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mainstay.domain.errors import MainstayError
from mainstay.ports.alerts import Alerts, Pages
from mainstay.ports.answers import Answers
from mainstay.ports.audit import Audit
from mainstay.ports.clock import Clock
from mainstay.ports.conversations import Conversations
from mainstay.ports.desk import Desk
from mainstay.ports.feed import Feed
from mainstay.ports.findings import Findings
from mainstay.ports.hearing import Hearing
from mainstay.ports.hours import Hours
from mainstay.ports.inbox import Inbox
from mainstay.ports.journal import Journal
from mainstay.ports.keys import Keys
from mainstay.ports.knowledge import Knowledge
from mainstay.ports.leases import Leases
from mainstay.ports.liveness import Liveness
from mainstay.ports.members import Members
from mainstay.ports.orders import Orders
from mainstay.ports.records import Records
from mainstay.ports.schedule import Schedule
from mainstay.ports.secret import Secret
from mainstay.ports.spend import Spend
from mainstay.ports.standing import Standings
from mainstay.ports.telemetry import Telemetry
from mainstay.ports.watch import Watch


class Watched(Alerts, Pages, Protocol):
    """What alerting needs of a store."""


class Store(Protocol):
    """Every store port."""

    @property
    def inbox(self) -> Inbox:
        """Opens conversations, accepts messages."""
        ...

    @property
    def leases(self) -> Leases:
        """Grants the right to work on a conversation."""
        ...

    @property
    def journal(self) -> Journal:
        """What turns did."""
        ...

    @property
    def watch(self) -> Watch:
        """What the watchdog looks at."""
        ...

    @property
    def schedule(self) -> Schedule:
        """What is due."""
        ...

    @property
    def conversations(self) -> Conversations:
        """Reads."""
        ...

    @property
    def desk(self) -> Desk:
        """The human side."""
        ...

    @property
    def keys(self) -> Keys:
        """API keys."""
        ...

    @property
    def audit(self) -> Audit:
        """Hash chains."""
        ...

    @property
    def knowledge(self) -> Knowledge:
        """What level 3 may answer from."""
        ...

    @property
    def answers(self) -> Answers:
        """Earlier answers, as administrators see them."""
        ...

    @property
    def spend(self) -> Spend:
        """What model calls cost."""
        ...

    @property
    def standings(self) -> Standings:
        """What waits for a human."""
        ...

    @property
    def findings(self) -> Findings:
        """What one process found out for all."""
        ...

    @property
    def hours(self) -> Hours:
        """Sums over turns."""
        ...

    @property
    def alerts(self) -> Watched:
        """Who watches over alerts, and where metrics are."""
        ...

    @property
    def orders(self) -> Orders:
        """What drills tell processes to do."""
        ...

    @property
    def members(self) -> Members:
        """Who serves, and where."""
        ...

    @property
    def records(self) -> Records:
        """What checks and drills found."""
        ...

    @property
    def hearing(self) -> Hearing:
        """What customers lived through."""
        ...


@dataclass(frozen=True, slots=True)
class Storage:
    """An open store, and what comes with its engine.

    Args:
        store: the ports.
        owner: this process's identity.
        liveness: tells who lives.
        clock: the store's time.
        feed: signals between the processes of the store.
        tell_due: tells other processes that there may be new work.
        on_due: takes what to do when another process told so.
        poll_s: how often to look for work that nobody told of.
        commits: tells how many groups of writes were committed so far.
        skew_s: tells how far the store's clock is ahead of this machine's, in seconds.
    """

    store: Store
    owner: str
    liveness: Liveness
    clock: Clock
    feed: Feed
    tell_due: Callable[[], None]
    on_due: Callable[[Callable[[], None]], None]
    poll_s: float
    commits: Callable[[], int]
    skew_s: Callable[[], float] = lambda: 0.0


@dataclass(frozen=True, slots=True)
class Tenant:
    """The process that opens a store.

    Args:
        role: what it serves, e.g. ``"gateway+worker"``.
        scope: what answers of level 3 must share.
        telemetry: is told of trouble.
        database_url: where the store is, if that may be rotated.
        waits_of: returns what takes the waits for a pool's connections, in seconds.
    """

    role: str
    scope: str
    telemetry: Telemetry
    database_url: Secret | None = None
    waits_of: Callable[[str], Callable[[float], None]] = lambda _: _unheard


def _unheard(_: float) -> None:
    """Nobody asks how long it took."""


def no_store(where: object) -> MainstayError:
    """Return the error that says how to make a store."""
    return MainstayError(
        f"no store at {where}; name its folder with --data, "
        "or make it with: mainstay migrate"
    )
