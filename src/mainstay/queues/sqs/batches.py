"""Batches of ten: what a part of a batch failed with is tried again, then told."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from mainstay.domain.errors import QueueUnavailable
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.queues.sqs.calls import Calls

TEN = 10
"""The most entries of one call (SQS quotas)."""

AT_ONCE = 4
ATTEMPTS = 2
VOID = {"ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue"}
"""Codes for a delivery that is over: deleted, received anew, or past 12 hours."""

BatchVerb = Literal[
    "change_message_visibility_batch", "delete_message_batch", "send_message_batch"
]
Entry = Mapping[str, Any]


class Batches:
    """Sends any number of entries.

    Args:
        calls: to SQS.
        telemetry: is told of deliveries that were over.
    """

    def __init__(self, calls: Calls, telemetry: Telemetry) -> None:
        self._calls = calls
        self._telemetry = telemetry

    async def send(self, verb: BatchVerb, url: str, entries: Sequence[Entry]) -> None:
        """Return when every entry got through or its delivery was over.

        Raises:
            QueueUnavailable: some did not, twice; the others did.
        """
        few = asyncio.Semaphore(AT_ONCE)

        async def ten(part: Sequence[Entry]) -> None:
            async with few:
                await self._ten(verb, url, part)

        parts = [entries[at : at + TEN] for at in range(0, len(entries), TEN)]
        ends = await asyncio.gather(*map(ten, parts), return_exceptions=True)
        for end in ends:
            if end is not None:
                raise end

    async def _ten(self, verb: BatchVerb, url: str, part: Sequence[Entry]) -> None:
        left = {str(at): {**entry, "Id": str(at)} for at, entry in enumerate(part)}
        codes: list[str] = []
        for _ in range(ATTEMPTS):
            answer = await self._calls.call(
                verb, QueueUrl=url, Entries=list(left.values())
            )
            failed = {each["Id"]: _code(each) for each in answer.get("Failed", [])}
            over = [id_ for id_, code in failed.items() if code in VOID]
            if over and verb != "send_message_batch":
                self._note(verb, [failed.pop(id_) for id_ in over])
            if not failed:
                return
            codes = sorted(set(failed.values()))
            left = {id_: left[id_] for id_ in failed}
        raise QueueUnavailable(f"SQS {verb}: {len(left)} failed: {', '.join(codes)}")

    def _note(self, verb: BatchVerb, codes: Sequence[str]) -> None:
        text = f"{verb}: {len(codes)} wakes were void: {', '.join(sorted(set(codes)))}"
        self._telemetry.emit(Trouble("queue.sqs", text))


def _code(failed: Mapping[str, Any]) -> str:
    """Return the last part of a code; older endpoints put a name space before it."""
    return str(failed["Code"]).rsplit(".", 1)[-1]
