"""A process of the simulated cluster: the real parts, on simulated ports.

A gateway accepts and watches; a worker runs turns and watches.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mainstay.agent.breaker_gate import BreakerGate
from mainstay.agent.caller import Caller
from mainstay.agent.options import LadderOptions, Persona
from mainstay.agent.turn import TurnRunner
from mainstay.caches.context_journal import ContextJournal
from mainstay.caches.context_keeper import ContextKeeper
from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.caches.shared_breaker import SharedBreaker
from mainstay.caches.shared_breakers import SharedBreakers
from mainstay.domain.step import Usage
from mainstay.domain.wake import Wake
from mainstay.ports.inbox import Accepted, KeyReused, NewMessage, NoConversation
from mainstay.ports.journal import Journal
from mainstay.ports.queue import Queue
from mainstay.ports.telemetry import AnyEvent, BreakerChanged, Trouble
from mainstay.queues.brokered import BrokeredQueue
from mainstay.queues.embedded import EmbeddedQueue
from mainstay.resilience.breaker import Breaker, BreakerOptions
from mainstay.resilience.retry_budget import RetryBudget
from mainstay.testing.ids import CountedIds
from mainstay.testing.simulation.broker import BATCH, Broker
from mainstay.testing.simulation.clocks import ProcessClock
from mainstay.testing.simulation.database import Database
from mainstay.testing.simulation.dice import Dice
from mainstay.testing.simulation.liveness import SimulatedLiveness
from mainstay.testing.simulation.model import FALLBACK, PRIMARY, SimulatedModel
from mainstay.testing.simulation.process import Process
from mainstay.testing.simulation.pulse import SimulatedPulse
from mainstay.testing.simulation.shared_cache import SharedCache
from mainstay.testing.simulation.shop import ARTICLES, CONTACT, SCOPE, shop
from mainstay.testing.simulation.storing import open_simulated
from mainstay.tools.functions import FunctionTools
from mainstay.worker.options import WorkerOptions
from mainstay.worker.watchdog import Watchdog
from mainstay.worker.worker import Worker

POLL_S = 0.25
DRAIN_S = 8.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all processes of a world share.

    Args:
        database: the store's.
        broker: carries wakes; None where the store itself does.
        cache: shared; None where there is none.
        model: answers.
        liveness: who lives.
        ids: names everything.
        dice: makes dice for a part.
        tell: takes telemetry of a process.
        open_s: a breaker's first open time.
    """

    database: Database
    broker: Broker | None
    cache: SharedCache | None
    model: SimulatedModel
    liveness: SimulatedLiveness
    ids: CountedIds
    dice: Callable[[str], Dice]
    tell: Callable[[Process, AnyEvent], None]
    open_s: float


class Member:
    """One life of one process, from its start to its end.

    Made inside its process: what it starts belongs to it.

    Args:
        process: which.
        around: what it shares with the others.
    """

    def __init__(self, process: Process, around: Surroundings) -> None:
        self._process = process
        self._around = around
        self._dice = around.dice(process.id)
        off_ms, drift = self._dice.whole(-20, 20), self._dice.uniform(-2e-4, 2e-4)
        self._clock = ProcessClock(around.database.clock, off_ms, drift)
        self.store = open_simulated(around.database, around.ids, SCOPE)
        self._queue = self._open_queue()
        self._watchdog = Watchdog(
            process.id,
            self.store.watch,
            self.store.leases,
            around.liveness,
            self._queue,
            CONTACT,
            self._clock,
            self,
        )
        self._ends: list[Callable[[], object]] = []
        self.worker: Worker | None = None

    def emit(self, event: AnyEvent) -> None:
        """Take telemetry: the world keeps it."""
        self._around.tell(self._process, event)

    async def start(self) -> None:
        """Become known, then start every part; lowest first."""
        process = self._process
        role = process.name.partition("-")[0]
        await self.store.leases.enlist(process.id, process.id, role)
        await self.store.knowledge.load_articles(ARTICLES)
        if isinstance(self._queue, BrokeredQueue):
            await self._queue.start()
        await self._watchdog.start()
        if role == "worker":
            await self._start_worker()

    async def drain(self) -> None:
        """Stop every part in an orderly way, and be forgotten."""
        if self.worker is not None:
            await self.worker.stop()
        await self._watchdog.stop()
        if isinstance(self._queue, BrokeredQueue):
            await self._queue.stop()
        await self.store.leases.bury(self._process.id)

    async def accept(self, new: NewMessage) -> Accepted | KeyReused | NoConversation:
        """Accept a message as the gateway does, and wake a worker."""
        accepted = await self.store.inbox.accept(new)
        if isinstance(accepted, Accepted) and not accepted.replayed:
            await self.wake(new.conversation_id)
        return accepted

    async def wake(self, conversation_id: str) -> None:
        """Tell the queue of work; without it the work is found in the store."""
        try:
            await self._queue.publish([Wake(conversation_id)])
        except Exception as error:  # noqa: BLE001 - as the gateway does
            self.emit(Trouble("gateway.publish", repr(error)))

    def _open_queue(self) -> Queue:
        around, schedule = self._around, self.store.schedule
        if around.broker is None:
            return EmbeddedQueue(
                schedule, self._clock, visibility_s=300, batch=BATCH, poll_s=POLL_S
            )
        return BrokeredQueue(around.broker, schedule, self._clock, self)

    async def _start_worker(self) -> None:
        journal: Journal = self.store.journal
        cache = self._around.cache
        if cache is not None:
            keeper = ContextKeeper(cache)
            await keeper.start()
            journal = ContextJournal(journal, cache, keeper, self)
        breakers = SharedBreakers(
            MemoryCircuits(self._clock) if cache is None else cache.circuits,
            self._around.ids,
            self,
            is_fleet=cache is not None,
        )
        runner = self._runner(journal, breakers)
        await breakers.start()
        self.worker = Worker(
            owner=self._process.id,
            queue=self._queue,
            leases=self.store.leases,
            journal=self.store.journal,
            runner=runner,
            clock=self._clock,
            telemetry=self,
            options=WorkerOptions(batch=BATCH, drain_s=DRAIN_S),
            pulse=SimulatedPulse(),
        )
        await self.worker.start()

    def _runner(self, journal: Journal, shared: SharedBreakers) -> TurnRunner:
        tools = FunctionTools(shop(), self)
        models = self._guards((PRIMARY, FALLBACK), shared)
        return TurnRunner(
            journal=journal,
            caller=Caller(self._around.model, [BreakerGate(models)], self._clock, self),
            knowledge=self.store.knowledge,
            tools=tools,
            tool_breakers=self._guards((spec.name for spec in tools.list()), shared),
            retries=RetryBudget(self._clock, self._dice),
            persona=Persona(
                name="World", instructions="Help.", contact=CONTACT, scope=SCOPE
            ),
            options=LadderOptions(model=PRIMARY, fallback_model=FALLBACK),
            price=_free,
            whisper=_unheard,
            telemetry=self,
            clock=self._clock,
            ids=self._around.ids,
        )

    def _guards(
        self, names: Iterable[str], shared: SharedBreakers
    ) -> dict[str, SharedBreaker]:
        options = BreakerOptions(open_s=self._around.open_s)

        def guard(name: str) -> SharedBreaker:
            def changed(state: str) -> None:
                self.emit(BreakerChanged(name, state))
                if state == "open":
                    shared.nudge()

            breaker = Breaker(self._clock, self._dice, options, on_change=changed)
            return shared.share(name, breaker)

        return {name: guard(name) for name in names}


def _free(model: str, usage: Usage) -> float:
    return 0.0


def _unheard(delta: object) -> None:
    """Nobody listens to pieces."""
