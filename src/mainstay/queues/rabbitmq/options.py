"""What the queue on RabbitMQ is set to, and what its address tells."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from mainstay.queues.address import names_host, parted

DEFAULT_NAME = "mainstay-wakes"
QUEUE = "queue"
PASSED_ON = frozenset(
    {"auth", "cadata", "cafile", "capath", "certfile", "keyfile", "no_verify_ssl"}
)
"""Parameters that the client knows (aiormq, "URL parameters"): TLS, authentication."""

MAX_PREFETCH = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class RabbitMqOptions:
    """Where the queue is and how it is used; checked when made.

    Args:
        url: ``amqp://user:password@host:5672/vhost?queue=name``, or ``amqps://``;
            beside ``queue`` it may have the client's TLS parameters (``cafile`` …).
        batch: the most wakes one receive returns.
        prefetch: the most wakes that a process has in hand, running turns included.
        timeout_s: seconds that connecting, a publish or a question may take.
        heartbeat_s: seconds of the heartbeat; a broker that is silent for three
            times this and 3 s more is left.
        linger_s: seconds after the last receive until what was prefetched for the
            next one is given back.
        delivery_limit: failed deliveries after which RabbitMQ moves a wake to the
            dead letters.
        consumer_timeout_s: seconds a wake may stay unacked; more than any turn takes.
        max_length: the most wakes in the queue; more are refused.
        max_dead: the most dead letters; the oldest go first.

    Raises:
        ValueError: one of them is outside its range.
    """

    url: str = field(repr=False)
    batch: int = 100
    prefetch: int = 256
    timeout_s: float = 2.0
    heartbeat_s: int = 5
    linger_s: float = 0.5
    delivery_limit: int = 50
    consumer_timeout_s: int = 3600
    max_length: int = 1_000_000
    max_dead: int = 100_000

    def __post_init__(self) -> None:
        parts = parted(self.url)
        if parts.scheme not in ("amqp", "amqps") or not names_host(parts):
            raise ValueError("the queue's URL is amqp://user:password@host:5672/vhost")
        if not self._parameters.keys() <= PASSED_ON | {QUEUE}:
            # The unknown one may be what follows a ? in the password.
            known = ", ".join(sorted(PASSED_ON | {QUEUE}))
            raise ValueError(f"after ? the queue's URL may have {known}")
        if re.fullmatch(r"[\w.:-]{1,200}", self.name) is None:
            raise ValueError("the queue's name has 1 to 200 letters, digits and _.:-")
        if self.batch < 1 or not 1 <= self.prefetch <= MAX_PREFETCH:
            raise ValueError(f"batch is at least 1, prefetch 1 to {MAX_PREFETCH}")
        if self.timeout_s <= 0 or self.linger_s <= 0 or self.heartbeat_s < 1:
            raise ValueError("timeout_s and linger_s are more than 0, heartbeat_s 1")
        limits = (self.delivery_limit, self.consumer_timeout_s)
        if min(*limits, self.max_length, self.max_dead) < 1:
            raise ValueError("limits are at least 1")

    @property
    def address(self) -> str:
        """The URL as the client takes it."""
        query = {k: v for k, v in self._parameters.items() if k in PASSED_ON}
        query["heartbeat"] = str(self.heartbeat_s)
        return urlsplit(self.url)._replace(query=urlencode(query)).geturl()

    @property
    def host(self) -> str:
        """Host and port, for messages."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def name(self) -> str:
        """The queue's name."""
        return self._parameters.get(QUEUE, DEFAULT_NAME)

    @property
    def dead_name(self) -> str:
        """The name of its dead letters."""
        return f"{self.name}-dead"

    @property
    def _parameters(self) -> dict[str, str]:
        found = parse_qs(urlsplit(self.url).query, keep_blank_values=True)
        return {name: values[-1] for name, values in found.items()}
