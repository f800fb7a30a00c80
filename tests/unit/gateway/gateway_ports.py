"""Small fakes of time, names, signals, keys, queue and limits."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mainstay.domain.errors import NotFound, StoreUnavailable
from mainstay.domain.event import Delta
from mainstay.domain.spend import Amount
from mainstay.domain.wake import Wake
from mainstay.ports.answers import KeptAnswer
from mainstay.ports.breakers import BreakerStatus, Forced
from mainstay.ports.circuits import ForcedState
from mainstay.ports.correlation import REQUEST_ID
from mainstay.ports.front_events import MessageTaken, RequestServed
from mainstay.ports.keys import ApiKey, KeyRole
from mainstay.ports.limiter import Decision
from mainstay.ports.queue import QueueCapabilities, QueueStats
from mainstay.ports.spend import DaySpend
from mainstay.ports.telemetry import TelemetryEvent

NOW_MS = 1_800_000_000_000


class FakeClock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now_ms(self) -> int:
        """Return Unix time."""
        return NOW_MS + int(self.passed_s * 1000)

    def monotonic_s(self) -> float:
        """Return seconds since the start."""
        return self.passed_s

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.passed_s += seconds


class LoopClock(FakeClock):
    """A clock that runs with the event loop."""

    def monotonic_s(self) -> float:
        """Return the loop's time."""
        return asyncio.get_running_loop().time()


class FakeIds:
    """Counts."""

    def __init__(self) -> None:
        self._n = itertools.count(1)

    def new(self, prefix: str) -> str:
        """Return the next identity."""
        return f"{prefix}_{next(self._n):026d}"


class FakeBreakers:
    """One breaker, and what was said of it."""

    def __init__(self) -> None:
        self.one = BreakerStatus(
            name="anthropic/main/claude",
            state="open",
            scope="fleet",
            failures=5,
            retry_in_s=41.5,
        )
        self.said: list[tuple[str, str, str, float, str]] = []

    async def statuses(self) -> Sequence[BreakerStatus]:
        """Return it."""
        return [self.one]

    async def force(
        self, actor: str, name: str, state: ForcedState, for_s: float, reason: str
    ) -> BreakerStatus:
        """Take note."""
        if name != self.one.name:
            raise NotFound(f"no breaker {name}")
        self.said.append((actor, name, state, for_s, reason))
        forced = None if state == "auto" else Forced(state, for_s, reason)
        return replace(self.one, forced=forced)


@dataclass
class FakeListener:
    """Wakes at news."""

    feed: "FakeFeed"
    conversation_id: str
    news: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: list[Delta] = field(default_factory=list)
    behind: bool = False

    async def wait(self, timeout_s: float) -> bool:
        """Wait for news."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.news.wait()
        except TimeoutError:
            return False
        self.news.clear()
        return True

    def deltas(self) -> list[Delta] | None:
        """Take the deltas."""
        taken, self.waiting = self.waiting, []
        lost, self.behind = self.behind, False
        return None if lost else taken

    def close(self) -> None:
        """Stop."""
        self.feed.listeners[self.conversation_id].remove(self)
        self.feed.left.set()


class FakeFeed:
    """Wakes listeners of one loop."""

    def __init__(self) -> None:
        self.listeners: dict[str, list[FakeListener]] = defaultdict(list)
        self.listened = asyncio.Event()
        self.left = asyncio.Event()

    def notify(self, conversation_id: str) -> None:
        """Wake."""
        for listener in self.listeners[conversation_id]:
            listener.news.set()

    def whisper(self, delta: Delta) -> None:
        """Pass a delta on."""
        for listener in self.listeners[delta.conversation_id]:
            if not listener.deaf:
                listener.waiting.append(delta)
                listener.news.set()

    def lose(self, conversation_id: str) -> None:
        """Make the listeners fall behind."""
        for listener in self.listeners[conversation_id]:
            listener.behind = True
            listener.news.set()

    def listen(self, conversation_id: str, *, deltas: bool = True) -> FakeListener:
        """Listen."""
        listener = FakeListener(self, conversation_id)
        listener.deaf = not deltas
        self.listeners[conversation_id].append(listener)
        self.listened.set()
        return listener


class FakeAnswers:
    """One earlier answer, and what was decided about it."""

    def __init__(self) -> None:
        self.kept = KeptAnswer(
            *("ans_1", "shop/en/1/aa", "how do i return shoes", "By post.", 2),
            reviewed=False,
            shared=False,
            kept_at_ms=NOW_MS,
            expires_at_ms=NOW_MS + 1000,
        )
        self.done: list[tuple[str, str]] = []

    async def list(self) -> Sequence[KeptAnswer]:
        """List it."""
        return [self.kept]

    async def approve(self, answer_id: str, actor: str) -> KeptAnswer:
        """Share it."""
        return replace(self._decide("approve", answer_id, actor), shared=True)

    async def remove(self, answer_id: str, actor: str) -> KeptAnswer:
        """Erase it."""
        return self._decide("remove", answer_id, actor)

    def _decide(self, what: str, answer_id: str, actor: str) -> KeptAnswer:
        if answer_id != self.kept.id:
            raise NotFound(answer_id)
        self.done.append((what, actor))
        return self.kept


class FakeKeys:
    """Keys by digest."""

    def __init__(self, ids: FakeIds) -> None:
        self.ids = ids
        self.stored: dict[bytes, ApiKey] = {}
        self.lookups = 0
        self.down = False

    async def add(self, digest: bytes, role: KeyRole, name: str) -> ApiKey:
        """Store a key."""
        key = ApiKey(self.ids.new("key"), role, name, NOW_MS, None)
        return self.stored.setdefault(digest, key)

    async def find(self, digest: bytes) -> ApiKey | None:
        """Find a key."""
        self.lookups += 1
        if self.down:
            raise StoreUnavailable("no store")
        return self.stored.get(digest)

    async def list(self) -> Sequence[ApiKey]:
        """List keys."""
        return list(self.stored.values())

    async def revoke(self, key_id: str) -> ApiKey:
        """Revoke a key."""
        for digest, key in self.stored.items():
            if key.id == key_id:
                self.stored[digest] = replace(key, revoked_at_ms=NOW_MS)
                return self.stored[digest]
        raise NotFound(key_id)


class FakeSpend:
    """One day."""

    async def today(self, limit: int) -> DaySpend:
        """Return it."""
        most = {"eve": Amount(900, 0.5), "ada": Amount(100, 0.25)}
        return DaySpend("2027-01-15", Amount(1000, 0.75), most)


class FakeQueue:
    """Remembers wakes."""

    capabilities = QueueCapabilities(10.0, 10, exact_stats=True)

    def __init__(self) -> None:
        self.published: list[Wake] = []
        self.broken = False

    async def publish(self, wakes: Sequence[Wake]) -> None:
        """Remember."""
        if self.broken:
            raise ConnectionError("broker down")
        self.published += wakes

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return nothing."""
        return []

    async def ack(self, wakes: Sequence[Wake]) -> None:
        """Forget."""

    async def extend(self, wakes: Sequence[Wake]) -> None:
        """Forget."""

    async def release(self, wakes: Sequence[Wake], delay_s: float) -> None:
        """Forget."""

    async def stats(self) -> QueueStats:
        """Return figures."""
        if self.broken:
            raise ConnectionError("broker down")
        return QueueStats(3, 2, 1, 0, 1.5, exact=True)


class FakeLimiter:
    """Says what it is told to."""

    def __init__(self) -> None:
        self.decision = Decision(
            allowed=True, retry_after_s=0.0, remaining=9, limit=10, reset_s=6.0
        )
        self.taken: list[str] = []

    async def take(self, key: str) -> Decision:
        """Decide."""
        self.taken.append(key)
        return self.decision


class FakeTelemetry:
    """Remembers events: those of each request and message apart from the rest."""

    def __init__(self) -> None:
        self.events: list[TelemetryEvent] = []
        self.served: list[RequestServed] = []
        self.taken: list[MessageTaken] = []
        self.request_ids: list[str] = []

    def emit(self, event: TelemetryEvent) -> None:
        """Remember."""
        match event:
            case RequestServed():
                self.served.append(event)
                self.request_ids.append(REQUEST_ID.get())
            case MessageTaken():
                self.taken.append(event)
            case _:
                self.events.append(event)
