"""One connection with one channel, until either is lost; every wait on it has an end.

The client's own reconnecting connection is not used: after it has reconnected, nobody
can tell which deliveries and consumers are from before. Here a link that is lost is
over, and with it all that came through it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from mainstay.queues.rabbitmq.calls import bounded, errors, seen, told
from mainstay.queues.rabbitmq.client import Channel
from mainstay.queues.rabbitmq.options import RabbitMqOptions

if TYPE_CHECKING:
    from aio_pika.abc import AbstractConnection

CLOSE_S = 2.0

Verdict = Literal["ack", "nack", "reject"]
T = TypeVar("T")


class Link:
    """A connection and its channel.

    Args:
        connection: opened.
        channel: of it, opened.
        timeout_s: seconds an answer may take.
    """

    def __init__(
        self,
        connection: "AbstractConnection",
        channel: Channel,
        timeout_s: float,
    ) -> None:
        self.connection = connection
        self.channel = channel
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._timeout_s = timeout_s
        self._unsent: deque[tuple[Verdict, int]] = deque()
        self._more = asyncio.Event()
        self._settling = asyncio.create_task(self._settle())
        # It ends with its connection too.
        channel.closing.add_done_callback(self._ended)
        channel.on_consumer_cancel_callbacks.add(self._cancelled)

    async def ask(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns, in time.

        Raises:
            NoAnswer: it took too long.
            QueueUnavailable: it failed, or the link was lost meanwhile.
        """
        return await bounded(work, self._timeout_s, self.lost)

    async def until(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns, however long it takes.

        Raises:
            QueueUnavailable: the link was lost meanwhile.
        """
        return await bounded(work, None, self.lost)

    async def blocked(self) -> bool:
        """Tell whether RabbitMQ takes no messages (memory or disk alarm)."""
        transport = self.connection.transport
        if transport is None:
            return False
        ready = asyncio.ensure_future(transport.ready())
        await asyncio.wait([ready], timeout=0)
        return not ready.done() and ready.cancel()

    def settle(self, verdict: Verdict, tag: int) -> None:
        """Ack, give back or bury a delivery, soon; on a lost link do nothing."""
        if not self.lost.done():
            self._unsent.append((verdict, tag))
            self._more.set()

    def lose(self, reason: str) -> None:
        """Take it for lost."""
        if not self.lost.done():
            self.lost.set_result(reason)

    async def close(self) -> None:
        """Send what was settled and close, within 2 s; may be repeated."""
        self.lose("closed")
        self._settling.cancel()
        closing = asyncio.ensure_future(self._close())
        closing.add_done_callback(seen)
        try:
            await asyncio.wait([closing], timeout=CLOSE_S)
        finally:
            closing.cancel()

    async def _close(self) -> None:
        try:
            await self._send_settled()
            # The channel first: its answer comes after all that was sent before.
            await self.channel.close()
        finally:
            await self.connection.close()

    async def _settle(self) -> None:
        while not self.lost.done():
            await self._more.wait()
            self._more.clear()
            try:
                await self._send_settled()
            except errors() as error:
                self.lose(told(error))

    async def _send_settled(self) -> None:
        while self._unsent:
            verdict, tag = self._unsent[0]
            match verdict:
                case "ack":
                    await self.channel.basic_ack(tag, wait=False)
                case "nack":
                    await self.channel.basic_nack(tag, wait=False)
                case "reject":
                    await self.channel.basic_reject(tag, requeue=False, wait=False)
            self._unsent.popleft()

    def _ended(self, ending: "asyncio.Future[Any]") -> None:
        error = None if ending.cancelled() else ending.exception()
        self.lose("closed" if error is None else told(error))

    def _cancelled(self, _: object) -> None:
        """The broker ended the consumer: its queue was deleted, or moved."""
        self.lose("RabbitMQ cancelled the consumer")


async def opened(options: RabbitMqOptions, purpose: str) -> Link:
    """Return a link.

    Args:
        options: where to.
        purpose: what the connection is called at RabbitMQ.

    Raises:
        QueueUnavailable: RabbitMQ cannot be reached, or refuses.
    """
    return await bounded(_connected(options, purpose), options.timeout_s)


async def _connected(options: RabbitMqOptions, purpose: str) -> Link:
    from aio_pika.connection import Connection, make_url

    _quiet()
    connection = Connection(
        make_url(options.address),
        client_properties={"connection_name": f"mainstay {purpose}"},
    )
    try:
        # Not by the client's own function: it leaves one that failed to be closed when
        # it is collected, where no loop may run, and Python warns of that on stderr.
        await connection.connect()
        channel = connection.channel(on_return_raises=True)
        await channel.initialize()
        under = cast("Any", await channel.get_underlay_channel())
        return Link(connection, cast("Channel", under), options.timeout_s)
    except BaseException:
        await connection.close()
        raise


def _quiet() -> None:
    """Keep the client from writing to stderr what is told as events."""
    for name in ("aio_pika", "aiormq"):
        log = logging.getLogger(name)
        if log.level == logging.NOTSET:
            log.setLevel(logging.CRITICAL)
