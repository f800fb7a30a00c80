"""The group's lag, and how many dead letters there are."""

from mainstay.ports.queue import QueueStats
from mainstay.queues.kafka.admin import Admin
from mainstay.queues.kafka.client import TopicMissing
from mainstay.queues.kafka.options import KafkaOptions


def depth(options: KafkaOptions, received: int) -> QueueStats:
    """Return what is written and not committed; wakes, not conversations.

    Args:
        options: where to ask.
        received: wakes that this process received and has not acked.

    Raises:
        QueueUnavailable: Kafka cannot be reached.
    """
    admin = Admin(options)
    begins, ends = admin.span(options.topic)
    done = {**begins, **admin.committed()}
    lag = sum(max(0, end - done[number]) for number, end in ends.items())
    ready = max(0, lag - received)
    return QueueStats(ready, received, 0, _dead(admin, options), 0.0, exact=False)


def _dead(admin: Admin, options: KafkaOptions) -> int:
    try:
        begins, ends = admin.span(options.dead_topic)
    except TopicMissing:
        return 0
    return sum(ends.values()) - sum(begins.values())
