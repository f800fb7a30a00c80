"""Records on their way to a topic: one answer for all of them."""

import asyncio
import threading
from typing import TYPE_CHECKING

from mainstay.queues.kafka.handover import HandOver

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message


class Delivery:
    """Counts what was delivered, on whatever thread it is told.

    Args:
        count: how many records.
        hand_over: to the loop that waits.
    """

    def __init__(self, count: int, hand_over: HandOver) -> None:
        self._left = count
        self._lock = threading.Lock()
        self._hand_over = hand_over
        self._first: KafkaError | None = None
        self.ended: asyncio.Future[KafkaError | None] = asyncio.Future()
        """Its result is the first error; None when all were delivered."""

    def told(self, error: "KafkaError | None", _: "Message | None" = None) -> None:
        """Note the end of one record."""
        with self._lock:
            self._first = self._first or error
            self._left -= 1
            last = self._left == 0
        if last:
            self._hand_over(self._end)

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(self._first)
