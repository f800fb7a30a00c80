"""What is in hand: wakes that RabbitMQ delivered and nobody acked."""

from collections.abc import Iterable
from dataclasses import dataclass

from mainstay.domain.wake import Wake
from mainstay.queues.rabbitmq.link import Link, Verdict


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivered wake.

    Args:
        wake: with its handle.
        link: that brought it; tags mean something on it alone.
        consumer: the number of the consumer that it came to.
        tag: its delivery tag.
    """

    wake: Wake
    link: Link
    consumer: int
    tag: int

    def settle(self, verdict: Verdict) -> None:
        """Ack it, give it back or bury it."""
        self.link.settle(verdict, self.tag)


class Hand:
    """The deliveries of one link: those that wait for a receive, those received."""

    def __init__(self) -> None:
        self._waiting: dict[str, Delivery] = {}
        self._received: dict[str, Delivery] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._waiting) + len(self._received)

    def add(self, delivery: Delivery) -> None:
        """Let it wait for a receive; one wake for each conversation is enough."""
        first = self._waiting.setdefault(delivery.wake.conversation_id, delivery)
        if first is not delivery:
            delivery.settle("ack")

    def receive(self, limit: int) -> list[Wake]:
        """Return up to ``limit`` waiting wakes."""
        ids = list(self._waiting)[:limit]
        taken = [self._waiting.pop(id_) for id_ in ids]
        self._received.update((each.wake.handle, each) for each in taken)
        return [each.wake for each in taken]

    def settled(self, wakes: Iterable[Wake]) -> list[Delivery]:
        """Let go of received wakes and return their deliveries.

        Those of a lost link are not in hand any more: RabbitMQ delivers them again.
        """
        found = (self._received.pop(wake.handle, None) for wake in wakes)
        return [each for each in found if each is not None]

    @property
    def waits(self) -> int:
        """How many wait for a receive."""
        return len(self._waiting)

    def of(self, consumer: int) -> int:
        """Return how many came to a consumer."""
        each = (*self._waiting.values(), *self._received.values())
        return sum(delivery.consumer == consumer for delivery in each)

    def waiting(self) -> list[Delivery]:
        """Let go of all that wait."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        return waiting

    def all(self) -> list[Delivery]:
        """Let go of everything."""
        received = list(self._received.values())
        self._received.clear()
        return [*received, *self.waiting()]
