"""One call to RabbitMQ: never longer than it may take, its errors in our words."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from mainstay.domain.errors import QueueUnavailable

T = TypeVar("T")


class QueueMissing(QueueUnavailable):
    """The queue does not exist; ``mainstay queue init`` makes it."""


class NoAnswer(QueueUnavailable):
    """RabbitMQ did not answer in time."""


async def bounded(
    work: Coroutine[Any, Any, T],
    seconds: float | None,
    lost: "asyncio.Future[str] | None" = None,
) -> T:
    """Return what the work returns, unless it takes too long or the link is lost.

    The work is a task of its own: the client cancels who waits when its connection
    goes, which must not look as if the caller had been cancelled.

    Raises:
        NoAnswer: it took longer than ``seconds``.
        QueueUnavailable: it failed, or the link was lost.
    """
    task = asyncio.ensure_future(work)
    task.add_done_callback(seen)
    ends = [task] if lost is None else [task, lost]
    try:
        await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()
    if task.done() and not task.cancelled():
        try:
            return task.result()
        except errors() as error:
            raise _translated(error) from error
    if lost is not None and lost.done():
        raise QueueUnavailable(f"RabbitMQ: the connection was lost: {lost.result()}")
    if task.done():
        raise QueueUnavailable("RabbitMQ: the connection was lost")
    raise NoAnswer(f"RabbitMQ: no answer in {seconds:g} s")


def told(error: BaseException) -> str:
    """Return an error in words; addresses and secrets are not among them."""
    return f"{type(error).__name__}: {error}"


def errors() -> tuple[type[BaseException], ...]:
    """Return what the client raises when RabbitMQ is away or refuses."""
    from aio_pika.exceptions import CONNECTION_EXCEPTIONS

    return (*CONNECTION_EXCEPTIONS, QueueUnavailable)


def seen(task: "asyncio.Future[Any]") -> None:
    """Take note of an error that nobody waits for any more."""
    if not task.cancelled():
        task.exception()


def _translated(error: BaseException) -> QueueUnavailable:
    from aio_pika.exceptions import (
        ChannelNotFoundEntity,
        DeliveryError,
        ProbableAuthenticationError,
        PublishError,
    )

    if isinstance(error, QueueUnavailable):
        return error
    # Published as mandatory, and returned: the queue is not there either.
    if isinstance(error, (ChannelNotFoundEntity, PublishError)):
        return QueueMissing("RabbitMQ: no such queue. Run: mainstay queue init")
    if isinstance(error, DeliveryError):
        return QueueUnavailable("RabbitMQ: the queue is full, or has no leader")
    if isinstance(error, ProbableAuthenticationError):
        return QueueUnavailable(
            "RabbitMQ refuses this user; correct user and password in QUEUE_URL"
        )
    if "'Connection.OpenOk'" in str(error):
        return QueueUnavailable(
            "RabbitMQ does not open this virtual host to this user; correct the path "
            "of QUEUE_URL (/ is written %2F), or make it and permit the user"
        )
    return QueueUnavailable(f"RabbitMQ: {told(error)}")
