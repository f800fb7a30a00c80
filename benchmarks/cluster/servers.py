"""The servers that a cluster stands on, each of which can go away and come back."""

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from mainstay.testing.servers.elasticmq import ElasticMqServer
from mainstay.testing.servers.server import ServerProcess, free_port

RETURN_S = 10.0
LOOK_S = 0.1

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class Server(Protocol):
    """A server of the tests."""

    process: ServerProcess

    def start(self) -> None:
        """Return when it serves."""
        ...

    def stop(self) -> None:
        """End it; may be repeated."""
        ...


class Broker(Protocol):
    """What carries wakes.

    Args:
        env: settings that lead to it.
        server: what can be stopped; None when there is none.
    """

    env: Mapping[str, str]
    server: Server | None


class InStore:
    """The queue in the database: it fails when the database does."""

    env: Mapping[str, str] = {}
    server: Server | None = None

    def __init__(self, _: Path) -> None:
        """Need no folder."""


class Nowhere:
    """A broker that is not there at all: nobody listens on its port."""

    server: Server | None = None

    def __init__(self, _: Path) -> None:
        url = f"http://127.0.0.1:{free_port()}/000000000000/wakes"
        self.env = {"QUEUE_TYPE": "sqs", "QUEUE_URL": url, **CREDENTIALS}


class Sqs:
    """ElasticMQ."""

    def __init__(self, folder: Path) -> None:
        server = ElasticMqServer(folder / "elasticmq")
        self.server: Server | None = server
        url = server.url("wakes")
        self.env = {"QUEUE_TYPE": "sqs", "QUEUE_URL": url, **CREDENTIALS}


BROKERS: Mapping[str, Callable[[Path], Broker]] = {
    "database": InStore,
    "sqs": Sqs,
    "nowhere": Nowhere,
}


def come_back(server: Server) -> None:
    """Start a server that crashed: what it left behind may need a moment to go."""
    until_s = time.monotonic() + RETURN_S
    while time.monotonic() < until_s:
        with contextlib.suppress(RuntimeError):
            server.start()
            return
        time.sleep(LOOK_S)
    server.start()
