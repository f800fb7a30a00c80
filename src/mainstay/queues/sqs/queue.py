"""The queue on SQS."""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.chance import Random
from mainstay.ports.clock import Clock
from mainstay.ports.queue import QueueCapabilities, QueueStats
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.queues.shielded import Shielded
from mainstay.queues.sqs.batches import Batches
from mainstay.queues.sqs.calls import Calls
from mainstay.queues.sqs.options import SqsOptions
from mainstay.queues.sqs.polls import Polls
from mainstay.queues.sqs.receiving import Receiving
from mainstay.queues.sqs.wire import Message, group
from mainstay.queues.wire import TRACEPARENT, encoded

MAX_DELAY_S = 900.0
SETTLE_S = 2.0
COUNTS = ("", "NotVisible", "Delayed")


class SqsQueue:
    """Implements ``ports.Queue`` on an SQS standard queue.

    A received wake is hidden while its turn runs (ChangeMessageVisibility, up to 12
    hours after its receipt) and deleted when the turn has ended.

    Args:
        options: where the queue is, and its bounds.
        clock: for waits and pauses.
        telemetry: is told what the queue lives with.
        random: for jitter.
    """

    def __init__(
        self, options: SqsOptions, clock: Clock, telemetry: Telemetry, random: Random
    ) -> None:
        self._options = options
        self._telemetry = telemetry
        self._calls = Calls(options, clock, random)
        self._batches = Batches(self._calls, telemetry)
        self._shielded = Shielded("queue.sqs", telemetry)
        self._polls = Polls(self._fetch, self._give_back, telemetry)
        self._receiving = Receiving(
            self._polls,
            options.pollers,
            give_back=self._give_back,
            bury=self._bury,
            clock=clock,
        )

    @property
    def capabilities(self) -> QueueCapabilities:
        """Hold, extend, and delay up to 15 minutes; counts are approximate."""
        return QueueCapabilities(
            max_delay_s=MAX_DELAY_S,
            batch=self._options.batch,
            exact_stats=False,
            holds=True,
            extend_every_s=self._options.visibility_s / 3,
        )

    async def start(self) -> None:
        """Return when SQS answers, or is found to be away; may be repeated."""
        self._calls.open()
        try:
            await self._count(self._options.url)
        except QueueUnavailable as error:
            self._telemetry.emit(Trouble("queue.sqs", str(error)))

    async def stop(self) -> None:
        """Give back what is on its way and close; within 5 s, may be repeated."""
        await self._polls.stop()
        await self._shielded.stop(SETTLE_S)
        await self._calls.close()

    async def publish(self, wakes: Sequence[Wake]) -> None:
        """Send the wakes."""
        await self._batches.send(
            "send_message_batch", self._options.url, [self._entry(w) for w in wakes]
        )

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return up to ``limit`` wakes, waiting up to ``wait_s`` seconds for one."""
        return await self._receiving.batch(min(limit, self._options.batch), wait_s)

    async def ack(self, wakes: Sequence[Wake]) -> None:
        """Delete the wakes; goes on when the caller is cancelled."""
        await self._shielded.run(self._delete([wake.handle for wake in wakes]))

    async def extend(self, wakes: Sequence[Wake]) -> None:
        """Hide the wakes for a whole visibility from now on."""
        handles = [wake.handle for wake in wakes]
        await self._hide(handles, self._options.visibility_s)

    async def release(self, wakes: Sequence[Wake], delay_s: float) -> None:
        """Make the wakes visible; goes on when the caller is cancelled.

        Raises:
            ValueError: the delay is longer than 900 s.
        """
        if delay_s > MAX_DELAY_S:
            raise ValueError(f"the longest delay is {MAX_DELAY_S:g} s: {delay_s:g}")
        handles = [wake.handle for wake in wakes]
        await self._shielded.run(self._hide(handles, math.ceil(delay_s)))

    async def stats(self) -> QueueStats:
        """Return SQS's approximate counts; the age of the oldest it does not tell."""
        (ready, hidden, delayed), dead = await asyncio.gather(
            self._count(self._options.url), self._dead()
        )
        return QueueStats(ready, hidden, delayed, dead, oldest_age_s=0.0, exact=False)

    async def _fetch(self, count: int, wait_s: int) -> list[Message]:
        answer = await self._calls.call(
            "receive_message",
            wait_s,
            QueueUrl=self._options.url,
            MaxNumberOfMessages=count,
            WaitTimeSeconds=wait_s,
            VisibilityTimeout=self._options.visibility_s,
        )
        return [
            Message(each["MessageId"], each["ReceiptHandle"], each["Body"])
            for each in answer.get("Messages", [])
        ]

    def _entry(self, wake: Wake) -> dict[str, Any]:
        entry: dict[str, Any] = {"MessageBody": encoded(wake.conversation_id)}
        if wake.traceparent:
            value = {"DataType": "String", "StringValue": wake.traceparent}
            entry["MessageAttributes"] = {TRACEPARENT: value}
        if self._options.fair:
            entry["MessageGroupId"] = group(wake.conversation_id)
        return entry

    def _give_back(self, messages: Sequence[Message]) -> None:
        if messages:
            self._shielded.spawn(self._hide([each.handle for each in messages], 0))

    async def _bury(self, messages: Sequence[Message]) -> None:
        """Move what is no wake to the dead letters; one that cannot be comes again."""
        try:
            await self._shielded.run(self._moved(messages))
        except QueueUnavailable as error:
            self._telemetry.emit(Trouble("queue.sqs.dead", str(error)))

    async def _moved(self, messages: Sequence[Message]) -> None:
        entries = [{"MessageBody": each.body} for each in messages]
        await self._batches.send("send_message_batch", self._options.dead_url, entries)
        await self._delete([each.handle for each in messages])
        text = f"{len(messages)} messages were no wakes; see {self._options.dead_name}"
        self._telemetry.emit(Trouble("queue.sqs.dead", text))

    async def _delete(self, handles: Sequence[str]) -> None:
        entries = [{"ReceiptHandle": handle} for handle in handles]
        await self._batches.send("delete_message_batch", self._options.url, entries)

    async def _hide(self, handles: Sequence[str], seconds: int) -> None:
        entries = [{"ReceiptHandle": h, "VisibilityTimeout": seconds} for h in handles]
        await self._batches.send(
            "change_message_visibility_batch", self._options.url, entries
        )

    async def _count(self, url: str) -> tuple[int, int, int]:
        names = [f"ApproximateNumberOfMessages{kind}" for kind in COUNTS]
        answer = await self._calls.call(
            "get_queue_attributes", QueueUrl=url, AttributeNames=names
        )
        told = answer.get("Attributes", {})
        ready, hidden, delayed = (int(told.get(name, 0)) for name in names)
        return ready, hidden, delayed

    async def _dead(self) -> int:
        try:
            return (await self._count(self._options.dead_url))[0]
        except QueueUnavailable as error:
            self._telemetry.emit(Trouble("queue.sqs.dead", str(error)))
            return 0
