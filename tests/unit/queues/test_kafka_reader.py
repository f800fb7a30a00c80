"""One member of a Kafka group, on the client's own mock of a broker."""

import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from mainstay.domain.wake import Wake
from mainstay.queues.kafka.ledger import Ledger
from mainstay.queues.kafka.options import KafkaOptions
from mainstay.queues.kafka.reader import Reader, Tell
from mainstay.queues.kafka.wire import carrying
from mainstay.system.clock import SystemClock

ROOM = 4
RECORDS = 400
PATIENCE_S = 20.0


class Heard:
    """What a reader tells, for a test that waits for it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._news = threading.Condition()

    def __call__(self, *told: object) -> None:
        """Keep it."""
        with self._news:
            self.texts += map(str, told)
            self._news.notify_all()

    def await_last(self, part: str) -> None:
        """Return when the last of all has these words."""
        with self._news:
            assert self._news.wait_for(
                lambda: bool(self.texts) and part in self.texts[-1], PATIENCE_S
            ), self.texts


class FreedByRebalance(Ledger):
    """Has room again just when partitions are given out anew."""

    def assign(self, partitions: Iterable[int]) -> None:
        """Forget all that waits."""
        super().assign(partitions)
        self.ack(self.take(ROOM, 0))


class Watched(Reader):
    """Tells when it has paused what it has."""

    def __init__(self, of: KafkaOptions, ledger: Ledger, tell: Tell) -> None:
        super().__init__(of, ledger, SystemClock(), tell)
        self.full = threading.Event()

    def _pace(self, consumer: Consumer, room: int) -> None:
        super()._pace(consumer, room)
        if not room:
            self.full.set()


class Cluster:
    """A mock of a broker, which is gone when it is let go."""

    def __init__(self) -> None:
        self._client: AdminClient | None = AdminClient(
            {"test.mock.num.brokers": 1, "bootstrap.servers": "none", "log_level": 0}
        )
        (broker,) = self._client.list_topics(timeout=10).brokers.values()
        self.options = KafkaOptions(
            servers=f"{broker.host}:{broker.port}",
            topic="wakes",
            # Longer than the mock waits for the members of a new group, 3 s.
            session_s=4.0,
            heartbeat_s=0.1,
        )

    def end(self) -> None:
        """End it."""
        self._client = None

    def fill(self) -> None:
        """Write wakes to all partitions."""
        producer = Producer({"bootstrap.servers": self.options.servers})
        for at in range(RECORDS):
            record = carrying(Wake(f"conv_{at}"))
            producer.produce(self.options.topic, record.value, record.key)
        assert producer.flush(10) == 0


@pytest.fixture
def cluster() -> Generator[Cluster]:
    """Start a cluster with wakes."""
    made = Cluster()
    made.fill()
    yield made
    made.end()


@contextmanager
def reading(reader: Reader) -> Generator[None]:
    """Read on a thread, as the queue does."""
    over = threading.Event()
    thread = threading.Thread(target=reader.read, args=(lambda: not over.is_set(),))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def telling(**heard: Callable[..., None]) -> Tell:
    """Return where a reader tells, what a test does not ask for to nobody."""
    names = ("news", "poison", "refused", "trouble")
    return Tell(**{name: heard.get(name, Heard()) for name in names})


def test_a_rebalance_while_full_stalls_nothing(cluster: Cluster):
    """What it keeps is read on, also when its room comes back in that moment."""
    of, read = cluster.options, threading.Event()
    ledger = FreedByRebalance(visibility_s=60, room=ROOM)
    reader = Watched(of, ledger, telling(news=read.set))
    with reading(reader):
        assert reader.full.wait(PATIENCE_S)
        read.clear()
        other = Consumer({**joining(of), "client.id": "other"})
        other.subscribe([of.topic])
        try:
            for _ in range(int(PATIENCE_S / 0.1)):
                if read.wait(0):
                    break
                other.poll(0.1)
        finally:
            other.close()
        assert read.is_set()


def test_partitions_that_are_lost_are_told_until_there_are_some(cluster: Cluster):
    """Somebody must poll the store while a group waits for members from before."""
    refused, troubles = Heard(), Heard()
    ledger = Ledger(visibility_s=60, room=ROOM)
    tell = telling(refused=refused, trouble=troubles)
    with reading(Reader(cluster.options, ledger, SystemClock(), tell)):
        refused.await_last("None")
        cluster.end()
        troubles.await_last("were lost")
        refused.await_last("were lost")


def joining(of: KafkaOptions) -> dict[str, str]:
    """Return the settings of another member of the group."""
    return {
        "bootstrap.servers": of.servers,
        "group.id": of.group,
        "partition.assignment.strategy": "cooperative-sticky",
    }
