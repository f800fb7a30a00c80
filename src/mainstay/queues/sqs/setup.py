"""Makes the queue and its dead letters: ``mainstay queue init``."""

import json
from urllib.parse import urlsplit

from mainstay.domain.errors import QueueUnavailable
from mainstay.ports.chance import Random
from mainstay.ports.clock import Clock
from mainstay.queues.sqs.calls import Calls, QueueMissing
from mainstay.queues.sqs.options import SqsOptions

DEAD_RETENTION_S = 1_209_600
"""Fourteen days, the longest that SQS keeps a message."""

POLICY = "RedrivePolicy"


async def init(options: SqsOptions, clock: Clock, random: Random) -> list[str]:
    """Create what is missing, change the redrive policy where it differs, and say so.

    Raises:
        QueueUnavailable: SQS cannot be reached, or refuses.
    """
    calls = Calls(options, clock, random)
    calls.open()
    try:
        dead = await _made(
            calls,
            options.dead_url,
            options.dead_name,
            {"MessageRetentionPeriod": str(DEAD_RETENTION_S)},
        )
        return [dead, *await _main(calls, options)]
    finally:
        await calls.close()


async def _main(calls: Calls, options: SqsOptions) -> list[str]:
    target = (await _attributes(calls, options.dead_url))["QueueArn"]
    policy = {
        "deadLetterTargetArn": target,
        "maxReceiveCount": str(options.max_receives),
    }
    wanted = {"VisibilityTimeout": str(options.visibility_s)}
    made = await _made(calls, options.url, options.name, wanted)
    present = json.loads((await _attributes(calls, options.url)).get(POLICY, "{}"))
    if {name: str(value) for name, value in present.items()} == policy:
        return [made, "redrive policy: was there"]
    await calls.call(
        "set_queue_attributes",
        QueueUrl=options.url,
        Attributes={POLICY: json.dumps(policy)},
    )
    return [made, f"redrive policy: set, {options.max_receives} receives"]


async def _made(calls: Calls, url: str, name: str, wanted: dict[str, str]) -> str:
    try:
        await _attributes(calls, url)
    except QueueMissing:
        answer = await calls.call("create_queue", QueueName=name, Attributes=wanted)
        if _path(answer["QueueUrl"]) != _path(url):
            raise QueueUnavailable(
                f"{name} was made as {answer['QueueUrl']}: set QUEUE_URL to it"
            ) from None
        return f"queue {name}: made"
    return f"queue {name}: was there"


async def _attributes(calls: Calls, url: str) -> dict[str, str]:
    answer = await calls.call(
        "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn", POLICY]
    )
    return answer.get("Attributes", {})


def _path(url: str) -> str:
    """Return account and name; the host may have several names."""
    return urlsplit(url).path.strip("/")
