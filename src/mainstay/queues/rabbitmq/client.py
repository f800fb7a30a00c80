"""The vendor's channel, typed as far as it is used.

It is the one below aio-pika's own (aiormq), which tells of a consumer that the broker
cancelled, and settles deliveries without waiting for the socket.
"""

from asyncio import Future
from collections.abc import Awaitable, Callable
from typing import Any, Protocol


class Delivered(Protocol):
    """A delivered message."""

    @property
    def body(self) -> bytes:
        """Its content."""
        ...

    @property
    def delivery_tag(self) -> int | None:
        """What it is settled with, on its channel."""
        ...


class Channel(Protocol):
    """What is called of a channel; AMQP 0-9-1 documents each method."""

    on_consumer_cancel_callbacks: set[Callable[[object], object]]

    @property
    def closing(self) -> Future[Any]:
        """Done when the channel, or its connection, is closed."""
        ...

    async def close(self) -> None:
        """Close it; the answer comes after all that was sent before."""
        ...

    async def basic_qos(self, *, prefetch_count: int) -> object:
        """Set the prefetch of consumers that are still to come."""
        ...

    async def basic_consume(
        self,
        queue: str,
        consumer_callback: Callable[[Delivered], Awaitable[None]],
        *,
        consumer_tag: str,
    ) -> object:
        """Start a consumer."""
        ...

    async def basic_cancel(self, consumer_tag: str) -> object:
        """End a consumer."""
        ...

    async def basic_ack(self, delivery_tag: int, *, wait: bool) -> None:
        """Settle a delivery."""
        ...

    async def basic_nack(self, delivery_tag: int, *, wait: bool) -> None:
        """Give a delivery back."""
        ...

    async def basic_reject(
        self, delivery_tag: int, *, requeue: bool, wait: bool
    ) -> None:
        """Bury a delivery."""
        ...

    async def basic_publish(
        self, body: bytes, *, routing_key: str, properties: object, mandatory: bool
    ) -> object:
        """Return when the message is confirmed; raise when it was returned."""
        ...
