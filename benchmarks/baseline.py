"""What the same two streamed calls cost through the plain SDK, in a process of its own.

Prints one line of JSON: milliseconds of CPU a pair of calls, by the way it was read.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import uvloop

from benchmarks.agent import INSTRUCTIONS, agent
from benchmarks.canned import MODEL

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

Call = Callable[["AsyncAnthropic", dict[str, Any]], Awaitable[None]]

WARM_PAIRS = 64


async def streamed(client: "AsyncAnthropic", body: dict[str, Any]) -> None:
    """Read a response through the SDK's ``messages.stream``."""
    async with client.messages.stream(**body) as stream:
        await stream.get_final_message()


async def created(client: "AsyncAnthropic", body: dict[str, Any]) -> None:
    """Read the events of the SDK's ``messages.create(stream=True)``."""
    async for _ in await client.messages.create(**body, stream=True):
        pass


async def _cpu_ms(client: "AsyncAnthropic", call: Call, pairs: int, size: int) -> float:
    """Return milliseconds of CPU a pair, with ``size`` pairs under way at once."""
    left = iter(range(pairs))

    async def work() -> None:
        for _ in left:
            for body in _bodies():
                await call(client, body)

    began_s = time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(size):
            group.create_task(work())
    return (time.process_time() - began_s) * 1000 / pairs


def _bodies() -> list[dict[str, Any]]:
    """Return what both calls of a turn send."""
    spec = agent.tools[0].spec
    tool = {"name": spec.name, "description": spec.description}
    question = {"role": "user", "content": "Message 1: where is my order 1042?"}
    use = {"type": "tool_use", "id": "toolu_bench", "name": "lookup_order"}
    use |= {"input": {"order_id": "1042"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_bench", "content": "{}"}
    history = [
        question,
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]
    same = {"model": MODEL, "max_tokens": 2048, "system": INSTRUCTIONS}
    same |= {"tools": [tool | {"input_schema": spec.input_schema}]}
    return [same | {"messages": [question]}, same | {"messages": history}]


async def _measure(address: str, pairs: int, size: int) -> dict[str, float]:
    from anthropic import AsyncAnthropic, DefaultAioHttpClient

    async with AsyncAnthropic(
        api_key="bench", base_url=address, http_client=DefaultAioHttpClient()
    ) as client:
        found: dict[str, float] = {}
        for name, call in (("stream", streamed), ("create", created)):
            await _cpu_ms(client, call, WARM_PAIRS, size)
            found[name] = await _cpu_ms(client, call, pairs, size)
        return found


def main() -> None:
    """Measure against ``--address`` and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=64)
    args = parser.parse_args()
    print(json.dumps(uvloop.run(_measure(args.address, args.pairs, args.at_once))))


if __name__ == "__main__":
    main()
