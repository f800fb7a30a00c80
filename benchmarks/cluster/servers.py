"""The servers that a cluster stands on, each of which can go away and come back."""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mainstay.testing.servers.engines import ENGINES
from mainstay.testing.servers.server import ServerProcess, free_port

RETURN_S = 10.0
LOOK_S = 0.1

STORE, NOWHERE = "database", "nowhere"
QUEUES = (STORE, *sorted(ENGINES.keys() - {"postgres", "redis"}), NOWHERE)
"""The queue in the store, each broker, and one that is not there at all."""


class Server(Protocol):
    """A server of the tests."""

    process: ServerProcess

    def start(self) -> None:
        """Return when it serves."""
        ...

    def stop(self) -> None:
        """End it; may be repeated."""
        ...


@dataclass(frozen=True, slots=True)
class Broker:
    """What carries wakes.

    Args:
        env: settings that lead to it.
        server: what can be stopped; None when there is none.
    """

    env: Mapping[str, str] = field(default_factory=dict[str, str])
    server: Server | None = None


def broker(queue: str, folder: Path) -> Broker:
    """Return one of the ``QUEUES``; its server does not run yet."""
    if queue == STORE:
        return Broker()
    if queue == NOWHERE:
        # Nobody listens on this port.
        url = f"http://127.0.0.1:{free_port()}/000000000000/wakes"
        keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
        return Broker({"QUEUE_TYPE": "sqs", "QUEUE_URL": url, **keys})
    server, env = ENGINES[queue](folder / queue)
    return Broker({"QUEUE_TYPE": queue, **env()}, server)


def come_back(server: Server) -> None:
    """Start a server that crashed: what it left behind may need a moment to go."""
    until_s = time.monotonic() + RETURN_S
    while time.monotonic() < until_s:
        with contextlib.suppress(RuntimeError):
            server.start()
            return
        time.sleep(LOOK_S)
    server.start()
