"""What the queue on Kafka is set to."""

import re
from dataclasses import dataclass, field

PLAIN = "PLAIN"
MECHANISMS = frozenset({PLAIN, "SCRAM-SHA-256", "SCRAM-SHA-512"})
TOPIC = re.compile(r"[A-Za-z0-9._-]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaOptions:
    """Where the queue is and how it is used; checked when made.

    Args:
        servers: brokers to ask first: host:port, host:port, …
        topic: carries the wakes; its dead letters and its consumer group are named
            after it.
        tls: whether connections are encrypted, and the brokers' names verified.
        user: for SASL; empty: no SASL.
        password: its secret.
        mechanism: of SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
        ca: a file of PEM certificates to trust; empty: the system's.
        partitions: of a topic that ``init`` makes; the most processes that receive.
        replicas: of such a topic; -1: as the broker is set.
        batch: the most wakes one receive returns, and the most that wait for one.
        visibility_s: seconds after which a received wake that nobody acked or released
            is received again.
        timeout_s: seconds a publish, a look or a start may take.
        session_s: seconds after which a process that fell silent loses its partitions.
        poll_interval_s: the same for one whose client thread stands still.
        heartbeat_s: seconds between two signs of life, with which a process also learns
            that partitions are given out anew.
        idle_s: seconds without a receive after which the partitions go to others.

    Raises:
        ValueError: one of them is outside its range.
    """

    servers: str
    topic: str
    tls: bool = False
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    mechanism: str = PLAIN
    ca: str = ""
    partitions: int = 12
    replicas: int = -1
    batch: int = 100
    visibility_s: float = 300.0
    timeout_s: float = 2.0
    session_s: float = 10.0
    heartbeat_s: float = 1.0
    poll_interval_s: float = 30.0
    idle_s: float = 10.0

    def __post_init__(self) -> None:
        if TOPIC.fullmatch(self.topic) is None or self.topic in (".", ".."):
            raise ValueError("a topic is 1 to 200 letters, digits, dots, _ and -")
        if self.mechanism not in MECHANISMS:
            raise ValueError(f"mechanism is one of {', '.join(sorted(MECHANISMS))}")
        if self.batch < 1 or self.partitions < 1:
            raise ValueError("batch and partitions are at least 1")
        if self.replicas < 1 and self.replicas != -1:
            raise ValueError("replicas is at least 1")
        if not 0 < 3 * self.heartbeat_s <= self.session_s <= self.poll_interval_s:
            raise ValueError("3 heartbeats are a session at most, that a poll interval")
        if min(self.visibility_s, self.timeout_s, self.idle_s) <= 0:
            raise ValueError("visibility_s, timeout_s and idle_s are more than 0")

    @property
    def dead_topic(self) -> str:
        """The topic of what is no wake."""
        return f"{self.topic}.dead"

    @property
    def group(self) -> str:
        """The consumer group of the workers."""
        return f"{self.topic}.workers"
