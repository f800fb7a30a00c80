"""What one streamed model call costs in CPU, against other ways of making it.

``python -m benchmarks.model_call [--calls N] [--at-once N]`` prints milliseconds of CPU
a call and each way's ratio to ``messages.stream``, all measured in one run against one
stand-in in a process of its own. Trust the ratios: machines differ.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

import aiohttp
import uvloop
from anthropic import (
    AsyncAnthropic,
    DefaultAioHttpClient,
)

from benchmarks.agent import INSTRUCTIONS, agent
from benchmarks.canned import DELTAS, MODEL
from benchmarks.process import running
from mainstay.domain.model_call import ModelRequest
from mainstay.domain.step import ModelStep
from mainstay.models.body import body_of
from mainstay.models.claude import ClaudeModel
from mainstay.models.fold import StreamFold
from mainstay.system.clock import SystemClock
from mainstay.testing.secret import GivenSecret

ROUNDS = 5
BASE = "messages.stream, aiohttp transport"

USE = {"type": "tool_use", "id": "toolu_bench", "name": "lookup_order"}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_bench", "content": "{}"}
TOOLS = [
    {
        "name": tool.spec.name,
        "description": tool.spec.description,
        "input_schema": tool.spec.input_schema,
    }
    for tool in agent.tools
]
REQUEST = ModelRequest(
    model=MODEL,
    system=INSTRUCTIONS,
    messages=[
        {"role": "user", "content": "Where is my order 1042?"},
        {"role": "assistant", "content": [USE | {"input": {"order_id": "1042"}}]},
        {"role": "user", "content": [RESULT]},
    ],
    tools=TOOLS,
)

Call = Callable[[], Awaitable[str]]


def plain(client: AsyncAnthropic) -> Call:
    """Return the SDK's own way to stream."""
    body = body_of(REQUEST)
    del body["stream"]

    async def call() -> str:
        async with client.messages.stream(**body) as stream:
            return await stream.get_final_text()

    return call


def ours(model: ClaudeModel) -> Call:
    """Return the adapter's way."""

    async def call() -> str:
        outcome = await model.call(REQUEST, lambda _: None)
        if not isinstance(outcome, ModelStep):
            raise TypeError(outcome)
        return outcome.text

    return call


def bare(
    session: aiohttp.ClientSession, address: str, request: ModelRequest = REQUEST
) -> Call:
    """Return the floor: aiohttp and the fold, without the SDK."""

    async def call() -> str:
        fold = StreamFold()
        async with session.post(
            f"{address}/v1/messages", json=body_of(request)
        ) as answer:
            async for data in answer.content.iter_any():
                fold.feed(data)
        outcome = fold.outcome()
        if not isinstance(outcome, ModelStep):
            raise TypeError(outcome)
        return outcome.text

    return call


async def cpu_ms(call: Call, calls: int, at_once: int) -> float:
    """Return milliseconds of this process's CPU a call."""
    left = iter(range(calls))

    async def worker() -> None:
        for _ in left:
            await call()

    before = time.process_time()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return (time.process_time() - before) * 1000 / calls


async def measure(address: str, calls: int, at_once: int) -> None:
    """Print the medians of interleaved rounds."""
    model = ClaudeModel(GivenSecret("any"), address, SystemClock())
    default = AsyncAnthropic(api_key="any", base_url=address, max_retries=0)
    transport = DefaultAioHttpClient()
    lighter = AsyncAnthropic(
        api_key="any", base_url=address, max_retries=0, http_client=transport
    )
    async with default, lighter, aiohttp.ClientSession() as session:
        ways = {
            "messages.stream, default transport": plain(default),
            BASE: plain(lighter),
            "mainstay's adapter": ours(model),
            "bare aiohttp and the fold": bare(session, address),
        }
        texts = {await call() for call in ways.values()}
        if len({text.strip() for text in texts}) != 1:
            raise RuntimeError("the ways disagree on the reply")
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, call in ways.items():
                found[name].append(await cpu_ms(call, calls, at_once))
    await model.close()
    base = statistics.median(found[BASE])
    for name, costs in found.items():
        cost = statistics.median(costs)
        print(f"{name:36} {cost:6.2f} ms CPU a call   {cost / base:5.2f}x")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--at-once", type=int, default=1)
    given = parser.parse_args()
    print(f"a streamed reply of {DELTAS} deltas, {given.at_once} call(s) at once")
    with running("-m", "benchmarks.stand_in") as stand_in:
        uvloop.run(measure(stand_in.address, given.calls, given.at_once))


if __name__ == "__main__":
    main()
