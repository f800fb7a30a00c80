"""Servers by name, with the settings that lead Mainstay to them."""

from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from mainstay.domain.errors import MainstayError
from mainstay.testing.servers.elasticmq import ElasticMqServer
from mainstay.testing.servers.kafka import KafkaServer
from mainstay.testing.servers.postgres import PostgresServer
from mainstay.testing.servers.rabbitmq import RabbitMqServer
from mainstay.testing.servers.redis import RedisServer

BROKERS = ("kafka", "rabbitmq", "sqs")
"""One of them at a time: a process has one QUEUE_URL."""

WAKES = "mainstay"
"""What the queue on a broker is called."""


class Server(Protocol):
    """Something that is started and stopped."""

    def start(self) -> None:
        """Return when it serves."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


Engine = tuple[Server, Callable[[], Mapping[str, str]]]


def _postgres(folder: Path) -> Engine:
    server = PostgresServer(folder)
    return server, lambda: {"DATABASE_URL": server.url()}


def _rabbitmq(folder: Path) -> Engine:
    server = RabbitMqServer(folder)
    return server, lambda: {"QUEUE_URL": server.url(WAKES)}


def _redis(folder: Path) -> Engine:
    server = RedisServer(folder)
    return server, lambda: {"REDIS_URL": server.url}


def _kafka(folder: Path) -> Engine:
    server = KafkaServer(folder)
    return server, lambda: {"QUEUE_URL": server.url(WAKES)}


def _sqs(folder: Path) -> Engine:
    server = ElasticMqServer(folder)
    env = {
        "QUEUE_URL": server.url(WAKES),
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "for-elasticmq",
        "AWS_SECRET_ACCESS_KEY": "for-elasticmq",
    }
    return server, lambda: env


ENGINES: Mapping[str, Callable[[Path], Engine]] = {
    "kafka": _kafka,
    "postgres": _postgres,
    "rabbitmq": _rabbitmq,
    "redis": _redis,
    "sqs": _sqs,
}


@contextmanager
def serving(names: Collection[str], folder: Path) -> Generator[dict[str, str]]:
    """Start servers, yield the settings that lead to them, end them.

    Args:
        names: keys of ``ENGINES``.
        folder: each server gets a folder in it.

    Raises:
        BackendMissing: one of them is not installed.
        MainstayError: two of them are brokers.
    """
    brokers = [name for name in names if name in BROKERS]
    if len(brokers) > 1:
        asked = ", ".join(brokers)
        raise MainstayError(f"QUEUE_URL names one broker; choose one of {asked}")
    env: dict[str, str] = {}
    with ExitStack() as stack:
        for name in names:
            server, settings = ENGINES[name](folder / name)
            server.start()
            stack.callback(server.stop)
            env |= settings()
        yield env
