"""Makes the queue and its dead letters: ``mainstay queue init``."""

from collections.abc import Mapping

from mainstay.domain.errors import QueueUnavailable
from mainstay.queues.rabbitmq.calls import QueueMissing
from mainstay.queues.rabbitmq.link import Link, opened
from mainstay.queues.rabbitmq.options import RabbitMqOptions

Arguments = Mapping[str, int | str]


async def init(options: RabbitMqOptions) -> list[str]:
    """Create what is missing, and say so; what is there stays as it is.

    Raises:
        QueueUnavailable: RabbitMQ cannot be reached, or refuses, or has such a queue
            with other arguments.
    """
    link = await opened(options, "queue init")
    try:
        dead = await _made(link, options.dead_name, _dead_arguments(options))
        return [dead, await _made(link, options.name, _arguments(options))]
    finally:
        await link.close()


def _arguments(options: RabbitMqOptions) -> Arguments:
    """Return those of the queue (RabbitMQ documentation, "Quorum Queues").

    Dead letters at least once need an overflow that refuses instead of dropping.
    """
    return {
        "x-queue-type": "quorum",
        "x-max-length": options.max_length,
        "x-overflow": "reject-publish",
        "x-delivery-limit": options.delivery_limit,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": options.dead_name,
        "x-dead-letter-strategy": "at-least-once",
        "x-consumer-timeout": options.consumer_timeout_s * 1000,
    }


def _dead_arguments(options: RabbitMqOptions) -> Arguments:
    return {"x-queue-type": "quorum", "x-max-length": options.max_dead}


async def _made(link: Link, name: str, arguments: Arguments) -> str:
    try:
        await link.ask(_declare(link, name))
    except QueueMissing:
        await link.ask(_declare(link, name, arguments))
        return f"queue {name}: made"
    try:
        await link.ask(_declare(link, name, arguments))
    except QueueUnavailable as error:
        if "PRECONDITION_FAILED" not in str(error):
            raise
        raise QueueUnavailable(
            f"queue {name} is there with other arguments, which RabbitMQ cannot "
            "change: delete it (no message is lost, wakes are found in the store) "
            f"and run this again, or name another with ?queue= in QUEUE_URL. {error}"
        ) from error
    return f"queue {name}: was there"


async def _declare(link: Link, name: str, arguments: Arguments | None = None) -> None:
    """Declare a queue, or without arguments ask whether it is there."""
    # A channel of its own: a refusal closes it.
    async with link.connection.channel(publisher_confirms=False) as channel:
        await channel.declare_queue(
            name,
            durable=True,
            passive=arguments is None,
            arguments=None if arguments is None else dict(arguments),
        )
