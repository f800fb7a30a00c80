"""A whole Mainstay in one process, on a real store, with a model and tools of your own.

For tests of agents and of Mainstay itself: nothing listens on a port, time and chance
can be given, and every port can be wrapped before it is put in.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mainstay.agent.breaker_gate import BreakerGate
from mainstay.agent.caller import Caller
from mainstay.agent.concurrency_gate import ConcurrencyGate
from mainstay.agent.gate import Gate
from mainstay.agent.options import LadderOptions, Persona
from mainstay.agent.turn import TurnRunner
from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.caches.shared_breaker import SharedBreaker
from mainstay.caches.shared_breakers import SharedBreakers
from mainstay.domain.conversation import Conversation
from mainstay.domain.reply import Reply
from mainstay.domain.spend import Limit
from mainstay.domain.step import Usage
from mainstay.domain.trace import Trace
from mainstay.domain.wake import Wake
from mainstay.ports.chance import Ids, Random
from mainstay.ports.clock import Clock
from mainstay.ports.inbox import Accepted, NewConversation, NewMessage
from mainstay.ports.knowledge import Article
from mainstay.ports.model import Model
from mainstay.ports.telemetry import AnyEvent
from mainstay.ports.tools import Tools
from mainstay.queues.embedded import EmbeddedQueue
from mainstay.resilience.breaker import Breaker
from mainstay.resilience.concurrency_limit import ConcurrencyLimit, ConcurrencyOptions
from mainstay.resilience.retry_budget import RetryBudget
from mainstay.stores.sqlite.store import SqliteStore, open_store
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock
from mainstay.system.feed import LocalFeed
from mainstay.system.ids import SystemIds
from mainstay.system.liveness import FlockLiveness, LivenessLock
from mainstay.worker.options import WorkerOptions
from mainstay.worker.watchdog import Watchdog
from mainstay.worker.worker import Worker

CONTACT = "help@world.example"
PRIMARY, FALLBACK = "primary", "fallback"
DEFAULT_LADDER = LadderOptions(model=PRIMARY, fallback_model=FALLBACK)
DEFAULT_WORKER = WorkerOptions()
DEFAULT_AT_ONCE = ConcurrencyOptions()


def _free(model: str, usage: Usage) -> float:
    return 0.0


@dataclass(slots=True)
class Notes:
    """Keeps the newest telemetry events for a test to read."""

    events: list[AnyEvent] = field(default_factory=list[AnyEvent])

    def emit(self, event: AnyEvent) -> None:
        """Take one event; the oldest of 10,000 makes room."""
        self.events.append(event)
        del self.events[:-10_000]


@dataclass(slots=True)
class World:
    """One process of Mainstay.

    Args:
        folder: where the store and the locks are; several worlds may share one.
        model: answers; called with the model ids of ``options``.
        tools: what the agent may do.
        clock: time of everything in it.
        options: the ladder's; the default names both models.
        at_once: the bounds of the models' calls at once.
        articles: help articles of level 3.
        watched: whether its watchdog runs.
        gates: what a call passes before the breakers.
        limits: how much may be spent on models.
        price: what their tokens cost.
    """

    folder: Path
    model: Model
    tools: Tools
    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=SystemIds)
    random: Random = field(default_factory=SystemRandom)
    options: LadderOptions = DEFAULT_LADDER
    at_once: ConcurrencyOptions = DEFAULT_AT_ONCE
    articles: Sequence[Article] = ()
    watched: bool = True
    gates: Sequence[Gate] = ()
    worker_options: WorkerOptions = DEFAULT_WORKER
    limits: Sequence[Limit] = ()
    price: Callable[[str, Usage], float] = _free
    on_store: Callable[[SqliteStore], None] = lambda store: None
    notes: Notes = field(default_factory=Notes)
    feed: LocalFeed = field(default_factory=LocalFeed)
    owner: str = ""
    _open: SqliteStore | None = None
    _worker: Worker | None = None

    @property
    def store(self) -> SqliteStore:
        """The open store."""
        if self._open is None:
            raise RuntimeError("open the world first: async with world.living()")
        return self._open

    @asynccontextmanager
    async def living(self, *, working: bool = True) -> AsyncGenerator["World"]:
        """Open the store, start the watchdog and, if ``working``, a worker."""
        self.owner = self.ids.new("proc")
        self._open = open_store(
            self.folder / "mainstay.db",
            self.clock,
            self.ids,
            busy_timeout_s=5,
            on_commit=self._notify,
            scope="world",
        )
        self.on_store(self._open)
        lock = LivenessLock(self.folder / "processes", self.owner)
        lock.acquire()
        await self.store.leases.enlist(self.owner, str(lock.path), "world")
        await self.store.knowledge.load_articles(self.articles)
        dog = self.watchdog()
        if self.watched:
            await dog.start()
        if working:
            await self.start_worker()
        try:
            yield self
        finally:
            await self.stop_worker()
            await dog.stop()
            self._open.close()
            lock.release()

    async def start_worker(self) -> None:
        """Start the worker."""
        self._worker = Worker(
            owner=self.owner,
            queue=self.queue(),
            leases=self.store.leases,
            journal=self.store.journal,
            runner=self.runner(),
            clock=self.clock,
            telemetry=self.notes,
            options=self.worker_options,
        )
        await self._worker.start()

    async def stop_worker(self) -> None:
        """Drain the worker, if there is one."""
        if self._worker is not None:
            await self._worker.stop()
            self._worker = None

    def watchdog(self) -> Watchdog:
        """Return a watchdog of this world."""
        return Watchdog(
            self.owner,
            self.store.watch,
            self.store.leases,
            FlockLiveness(),
            self.queue(),
            CONTACT,
            self.clock,
            self.notes,
        )

    def queue(self) -> EmbeddedQueue:
        """Return the store's queue."""
        return EmbeddedQueue(
            self.store.schedule, self.clock, visibility_s=300, batch=100
        )

    def runner(self) -> TurnRunner:
        """Return the heart, put together."""
        names = (self.options.model, self.options.fallback_model)
        breakers = {name: self._guard(name) for name in names}
        gates = [*self.gates, self._room(names), BreakerGate(breakers)]
        return TurnRunner(
            journal=self.store.journal,
            caller=Caller(self.model, gates, self.clock, self.notes, price=self.price),
            knowledge=self.store.knowledge,
            tools=self.tools,
            tool_breakers={s.name: self._guard(s.name) for s in self.tools.list()},
            retries=RetryBudget(self.clock, self.random),
            persona=Persona(
                name="World", instructions="Help.", contact=CONTACT, scope="world"
            ),
            options=self.options,
            price=self.price,
            whisper=self.feed.whisper,
            telemetry=self.notes,
            clock=self.clock,
            ids=self.ids,
            limits=self.limits,
        )

    async def open(self, customer_id: str = "demo") -> Conversation:
        """Open a conversation."""
        new = NewConversation(customer_id, "test", {})
        return await self.store.inbox.open(new)

    async def say(
        self,
        conversation_id: str,
        text: str,
        key: str = "",
        trace: Trace | None = None,
    ) -> Accepted:
        """Accept a customer's message and wake the worker."""
        keys = (f"key:{key}",) if key else ()
        new = NewMessage(conversation_id, None, text, keys, text, trace)
        accepted = await self.store.inbox.accept(new)
        if not isinstance(accepted, Accepted):
            raise TypeError(f"not accepted: {accepted}")
        await self.queue().publish([Wake(conversation_id)])
        return accepted

    async def reply(self, accepted: Accepted, within_s: float = 10.0) -> Reply | None:
        """Return the turn's newest reply, None if there is none in time."""
        until_s = self.clock.monotonic_s() + within_s
        while (found := await self.store.conversations.reply(accepted.turn_id)) is None:
            if self.clock.monotonic_s() > until_s:
                return None
            await self.clock.sleep(0.01)
        return found

    def _guard(self, name: str) -> SharedBreaker:
        breaker = Breaker(self.clock, self.random, on_change=lambda state: None)
        shared = SharedBreakers(MemoryCircuits(self.clock), self.ids, self.notes)
        return shared.share(name, breaker)

    def _room(self, models: Sequence[str]) -> ConcurrencyGate:
        limits = {
            name: ConcurrencyLimit(self.clock, self.at_once, on_change=_unheard)
            for name in models
        }
        return ConcurrencyGate(limits, self.clock, self.notes, self.at_once)

    def _notify(self, touched: set[str]) -> None:
        for conversation_id in touched:
            self.feed.notify(conversation_id)


def _unheard(limit: int, cause: str) -> None:
    """Nobody watches a test's limits."""
