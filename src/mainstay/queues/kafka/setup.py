"""Makes the topic and its dead letters: ``mainstay queue init``."""

import asyncio
import threading
from dataclasses import replace

from mainstay.queues.kafka.admin import Admin
from mainstay.queues.kafka.client import TopicMissing
from mainstay.queues.kafka.options import KafkaOptions

PATIENCE_S = 10.0
"""To make a topic, brokers may take longer than a wake may."""

LOOK_S = 0.1
HOUR_MS = 3_600_000
WAKES = {
    # A wake is worth something for seconds; the store knows the work.
    "cleanup.policy": "delete",
    "retention.ms": str(24 * HOUR_MS),
    # Only whole segments go.
    "segment.ms": str(HOUR_MS),
}
LETTERS = {"cleanup.policy": "delete", "retention.ms": str(14 * 24 * HOUR_MS)}


async def init(options: KafkaOptions) -> list[str]:
    """Create what is missing, leave what is there, and say so.

    Raises:
        QueueUnavailable: Kafka cannot be reached, or refuses.
    """
    return await asyncio.to_thread(_init, options)


def _init(options: KafkaOptions) -> list[str]:
    admin = Admin(replace(options, timeout_s=max(PATIENCE_S, options.timeout_s)))
    return [
        _made(admin, options.dead_topic, 1, LETTERS),
        _made(admin, options.topic, options.partitions, WAKES),
    ]


def _made(admin: Admin, topic: str, partitions: int, config: dict[str, str]) -> str:
    try:
        found = admin.partitions(topic)
    except TopicMissing:
        if not admin.make(topic, partitions, config):
            return f"topic {topic}: was there"
        _await_found(admin, topic)
        return f"topic {topic}: made, {_counted(partitions)}"
    return f"topic {topic}: was there, {_counted(found)}"


def _await_found(admin: Admin, topic: str) -> None:
    """Return when the brokers tell of a topic that they made: who serves asks."""
    pause = threading.Event()
    for _ in range(round(PATIENCE_S / LOOK_S)):
        try:
            admin.partitions(topic)
        except TopicMissing:
            pause.wait(LOOK_S)
        else:
            return


def _counted(partitions: int) -> str:
    return f"{partitions} partition{'s' * (partitions != 1)}"
