"""One call to SQS: never longer than it may take, its errors in our words."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any, cast

from mainstay.domain.errors import QueueUnavailable
from mainstay.ports.chance import Random
from mainstay.ports.clock import Clock
from mainstay.queues.pauses import Pauses
from mainstay.queues.sqs.client import Answer, Client, Operation, Verb, opened
from mainstay.queues.sqs.options import SqsOptions

OPEN_S = 10.0
"""For making a client; its credentials may come from another service."""

CLOSE_S = 1.0
SERVER_FAULT = 500
MISSING = ("QueueDoesNotExist", "NonExistentQueue")


class QueueMissing(QueueUnavailable):
    """The queue does not exist; ``mainstay queue init`` makes it."""


class Calls:
    """Calls SQS; after a failure refuses further calls for a moment.

    The pause doubles from 0.1 s to 1 s with every failure in a row, jittered, so that
    who calls in a loop does not hammer a service that is away.

    Args:
        options: where, and how long a call may take.
        clock: for the pauses.
        random: for their jitter.
    """

    def __init__(self, options: SqsOptions, clock: Clock, random: Random) -> None:
        self._options = options
        self._clock = clock
        self._pauses = Pauses(random)
        self._client: Client | None = None
        self._until: AsyncExitStack | None = None
        self._opening = asyncio.Lock()
        self._away_until_s = 0.0
        self._last = ""

    def open(self) -> None:
        """Allow calls."""
        if self._until is None:
            self._until = AsyncExitStack()

    async def close(self) -> None:
        """Close all connections; may be repeated."""
        until, self._until, self._client = self._until, None, None
        if until is not None:
            closing = asyncio.ensure_future(until.aclose())
            await asyncio.wait([closing], timeout=CLOSE_S)
            closing.cancel()

    async def call(self, verb: Verb, wait_s: float = 0.0, **request: object) -> Answer:
        """Return the answer of one call.

        Args:
            verb: which.
            wait_s: seconds the service may wait before it answers.
            request: the documented fields.

        Raises:
            QueueUnavailable: it failed, or had no answer in its time.
        """
        from aiohttp import ClientError as ConnectionFault
        from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
            BotoCoreError,
            ClientError,
        )

        if self._until is None:
            raise QueueUnavailable("SQS: the queue is not started")
        if self._clock.monotonic_s() < self._away_until_s:
            raise QueueUnavailable(f"SQS is away: {self._last}")
        try:
            client = await self._opened(self._until)
            async with asyncio.timeout(self._options.timeout_s + wait_s):
                answer = await _called(getattr(client, verb), request)
        except ClientError as error:
            code, status = _fault(cast("Mapping[str, Any]", error.response))
            raise self._refused(verb, error, code, status) from error
        except (BotoCoreError, ConnectionFault, OSError) as error:
            raise self._failed(verb, error) from error
        self._answered()
        return answer

    async def _opened(self, until: AsyncExitStack) -> Client:
        async with self._opening:
            if self._client is None:
                async with asyncio.timeout(OPEN_S):
                    self._client = await opened(self._options, until)
            return self._client

    def _refused(
        self, verb: Verb, error: Exception, code: str, status: int
    ) -> QueueUnavailable:
        if status >= SERVER_FAULT:
            return self._failed(verb, error)
        # SQS answers: to pause would help nobody.
        self._answered()
        if code.endswith(MISSING):
            return QueueMissing(f"{_told(verb, error)} Run: mainstay queue init")
        return QueueUnavailable(_told(verb, error))

    def _answered(self) -> None:
        self._pauses.reset()
        self._last = ""
        self._away_until_s = 0.0

    def _failed(self, verb: Verb, error: Exception) -> QueueUnavailable:
        self._away_until_s = self._clock.monotonic_s() + self._pauses.next_s()
        self._last = _told(verb, error)
        return QueueUnavailable(self._last)


def _fault(answer: Mapping[str, Any]) -> tuple[str, int]:
    """Return the code and the HTTP status of a refusal."""
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", SERVER_FAULT)
    return str(answer.get("Error", {}).get("Code", "")), int(status)


async def _called(operation: Operation, request: dict[str, object]) -> Answer:
    """Call, once more where a kept connection had been closed by the other side."""
    from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
        ConnectionClosedError,
        EndpointConnectionError,
    )

    try:
        return await operation(**request)
    except (ConnectionClosedError, EndpointConnectionError):
        return await operation(**request)


def _told(verb: Verb, error: Exception) -> str:
    return f"SQS {verb}: {type(error).__name__}: {error}"
