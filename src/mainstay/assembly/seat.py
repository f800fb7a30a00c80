"""A gateway's place among several processes on one port, as its parent gave it."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mainstay.caches.seated import SeatedBuckets
from mainstay.monitoring.siblings import merged
from mainstay.monitoring.telemetry import Monitoring

FIGURES_S = 1.0
"""How long a sibling may take to tell its metrics; then it is left out."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What a process inherits.

    Args:
        number: which of the processes it is, from 0.
        listener: the port of all; connections go to whoever is free.
        figures_of: a listener on loopback for each process, its own included.
        buckets: the rate limit of all.
        lifeline: a pipe that ends when the parent does.
    """

    number: int
    listener: socket.socket
    figures_of: Sequence[socket.socket]
    buckets: SeatedBuckets
    lifeline: int

    def on_orphaned(self, leave: Callable[[], None]) -> None:
        """Call ``leave`` once the parent is gone."""
        loop = asyncio.get_running_loop()

        def gone() -> None:
            loop.remove_reader(self.lifeline)
            leave()

        loop.add_reader(self.lifeline, gone)

    def figures(self, monitoring: Monitoring) -> "Figures":
        """Return what tells this process's metrics and asks for the others'."""
        return Figures(self, monitoring)


class Figures:
    """Metrics of all processes on one port, each series labelled with its process.

    Args:
        seat: this process's.
        monitoring: has its metrics.
    """

    def __init__(self, seat: Seat, monitoring: Monitoring) -> None:
        self._seat = seat
        self._monitoring = monitoring
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Start to tell."""
        listener = self._seat.figures_of[self._seat.number]
        self._server = await asyncio.start_server(self._tell, sock=listener)

    async def stop(self) -> None:
        """Stop telling; may be repeated."""
        if self._server is not None:
            self._server.close()

    async def render(self) -> bytes:
        """Return everybody's metrics; who does not answer in time is left out."""
        own = self._seat.number
        others = [n for n in range(len(self._seat.figures_of)) if n != own]
        told = await asyncio.gather(*map(self._ask, others))
        texts = {own: self._monitoring.render().decode()}
        texts |= {n: t for n, t in zip(others, told, strict=True) if t}
        return merged(texts)

    async def _tell(
        self, _: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(self._monitoring.render())
        writer.close()

    async def _ask(self, number: int) -> str:
        host, port = self._seat.figures_of[number].getsockname()
        try:
            async with asyncio.timeout(FIGURES_S):
                reader, writer = await asyncio.open_connection(host, port)
                try:
                    return (await reader.read()).decode()
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return ""
