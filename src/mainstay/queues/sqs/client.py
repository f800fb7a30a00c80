"""The vendor's client, typed as far as it is used."""

from contextlib import AsyncExitStack
from typing import Any, Literal, Protocol, cast

from mainstay.domain.errors import QueueUnavailable
from mainstay.queues.sqs.options import SqsOptions

LONGEST_POLL_S = 20
"""The longest WaitTimeSeconds (SQS API reference, ReceiveMessage)."""

Verb = Literal[
    "change_message_visibility_batch",
    "create_queue",
    "delete_message_batch",
    "get_queue_attributes",
    "receive_message",
    "send_message_batch",
    "set_queue_attributes",
]
Answer = dict[str, Any]


class Operation(Protocol):
    """One operation of the SQS API; takes and returns its documented fields."""

    async def __call__(self, **request: Any) -> Answer:
        """Call it."""
        ...


class Client(Protocol):
    """What is called of the vendor's client."""

    def __getattr__(self, verb: str, /) -> Operation:
        """Return the operation of that name."""
        ...


async def opened(options: SqsOptions, until: AsyncExitStack) -> Client:
    """Return a client that is closed with ``until``; connects when first called.

    Raises:
        QueueUnavailable: there are no AWS credentials.
    """
    # The package has no types.
    from aiobotocore.config import AioConfig  # pyright: ignore[reportMissingTypeStubs]
    from aiobotocore.session import (  # pyright: ignore[reportMissingTypeStubs]
        AioSession,
    )

    session = cast("Any", AioSession())
    if not options.access_key_id and await session.get_credentials() is None:
        # A client made without credentials would never look for them again.
        raise QueueUnavailable("SQS: no AWS credentials found")
    config = AioConfig(
        max_pool_connections=options.connections,
        connect_timeout=options.timeout_s,
        read_timeout=LONGEST_POLL_S + options.timeout_s,
        # One attempt: the caller decides, within its own time.
        retries={"total_max_attempts": 1, "mode": "standard"},
        tcp_keepalive=True,
    )
    context = session.create_client(
        "sqs",
        endpoint_url=options.endpoint,
        region_name=options.signing_region,
        aws_access_key_id=options.access_key_id or None,
        aws_secret_access_key=options.secret_access_key or None,
        config=config,
    )
    return cast("Client", await until.enter_async_context(context))
