"""The broker that the settings name, and the making of what it needs."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from mainstay.domain.errors import MainstayError
from mainstay.ports.queue import Queue
from mainstay.ports.telemetry import Telemetry
from mainstay.settings import Settings, environment
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock

if TYPE_CHECKING:
    from mainstay.queues.kafka.options import KafkaOptions
    from mainstay.queues.rabbitmq.options import RabbitMqOptions
    from mainstay.queues.sqs.options import SqsOptions


class Broker(Queue, Protocol):
    """A queue with connections of its own."""

    async def start(self) -> None:
        """Connect, or go on trying."""
        ...

    async def stop(self) -> None:
        """Leave; may be repeated."""
        ...


def broker_of(settings: Settings, telemetry: Telemetry) -> Broker | None:
    """Return what carries wakes; None when the store does.

    Raises:
        MainstayError: its address is none.
    """
    clock, random = SystemClock(), SystemRandom()
    match settings.carrier:
        case "sqs":
            from mainstay.queues.sqs.queue import SqsQueue

            return SqsQueue(_sqs(settings), clock, telemetry, random)
        case "kafka":
            from mainstay.queues.kafka.queue import KafkaQueue

            return KafkaQueue(_kafka(settings), clock, telemetry)
        case "rabbitmq":
            from mainstay.queues.rabbitmq.queue import RabbitMqQueue

            return RabbitMqQueue(_rabbitmq(settings), clock, telemetry, random)
        case "database":
            return None


async def init(settings: Settings) -> list[str]:
    """Create what the broker needs, where it is missing; say what was done.

    Raises:
        MainstayError: its address is none.
        QueueUnavailable: the broker cannot be reached, or refuses.
    """
    match settings.carrier:
        case "sqs":
            from mainstay.queues.sqs.setup import init as init_sqs

            return await init_sqs(_sqs(settings), SystemClock(), SystemRandom())
        case "kafka":
            from mainstay.queues.kafka.setup import init as init_kafka

            return await init_kafka(_kafka(settings))
        case "rabbitmq":
            from mainstay.queues.rabbitmq.setup import init as init_rabbitmq

            return await init_rabbitmq(_rabbitmq(settings))
        case "database":
            return ["wakes travel in the store: nothing to make"]


def _sqs(settings: Settings) -> "SqsOptions":
    from mainstay.queues.sqs.options import SqsOptions

    env = environment()
    with _addressed():
        return SqsOptions(
            url=_url(settings),
            region=env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "",
            batch=settings.queue_batch,
            visibility_s=round(settings.queue_visibility_s),
        )


def _rabbitmq(settings: Settings) -> "RabbitMqOptions":
    from mainstay.queues.rabbitmq.options import RabbitMqOptions
    from mainstay.worker.options import WorkerOptions

    with _addressed():
        return RabbitMqOptions(
            url=_url(settings),
            batch=settings.queue_batch,
            # What a worker has in hand are its turns; more would only wait there.
            prefetch=WorkerOptions().max_turns,
        )


def _kafka(settings: Settings) -> "KafkaOptions":
    from mainstay.queues.kafka.address import options_of

    with _addressed():
        return options_of(
            _url(settings),
            batch=settings.queue_batch,
            visibility_s=settings.queue_visibility_s,
        )


@contextmanager
def _addressed() -> Generator[None]:
    """Let what is wrong with the broker's address be an error with its name."""
    try:
        yield
    except ValueError as error:
        raise MainstayError(f"QUEUE_URL: {error}") from error


def _url(settings: Settings) -> str:
    if settings.queue_url is None:
        raise MainstayError(f"QUEUE_URL not set: where is {settings.carrier}?")
    return settings.queue_url.get_secret_value()
