"""Several workers keep to the limits of one account, over HTTP and a real Redis."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from urllib.request import urlopen

import pytest
from tests import scratch
from tests.conformance.redis_servers import connected

from mainstay.agent.caller import Caller
from mainstay.agent.gate import ProposedCall, Refusal
from mainstay.agent.rate_gate import RateGate
from mainstay.caches.pool_leases import PoolLeases
from mainstay.domain.model_call import ModelFailure, ModelRequest
from mainstay.domain.step import ModelStep
from mainstay.models.claude import ClaudeModel
from mainstay.ports.cache import Cache
from mainstay.ports.telemetry import CacheBypassed, TelemetryEvent
from mainstay.resilience.deadline import Deadline
from mainstay.simulator.options import Options
from mainstay.simulator.server import running_in_thread
from mainstay.system.clock import SystemClock
from mainstay.testing.secret import GivenSecret
from mainstay.testing.servers.redis import RedisServer

SONNET = "claude-sonnet-5-5"
WORKERS, LOOPS = 4, 8
RUN_S = 7.0

BEYOND = 0.02
"""The share of calls that may reach the server although the limit is used up."""

LEAST = 0.8
"""Of what the limit allows above its 5%, what must have been used."""


class Ear:
    """Telemetry that counts what was leased without Redis."""

    def __init__(self) -> None:
        self.alone = 0

    def emit(self, event: TelemetryEvent) -> None:
        """Count it."""
        self.alone += event == CacheBypassed("pool")


@dataclass
class Worker:
    """A worker's model, behind its gate."""

    caller: Caller
    leases: PoolLeases
    clock: SystemClock
    ear: Ear
    answered: list[ModelStep] = field(default_factory=list[ModelStep])
    failed: list[ModelFailure] = field(default_factory=list[ModelFailure])

    async def work(self, until_s: float, number: int) -> None:
        """Call as often as the gate lets it."""
        n = number
        while self.clock.monotonic_s() < until_s:
            n += 1
            text = f"Question {n}: " + "what about this or that " * (n % 40)
            request = ModelRequest(SONNET, "Help.", [{"role": "user", "content": text}])
            deadline = Deadline(self.clock.now_ms() + 26_000, self.clock)
            call = ProposedCall(f"turn_{n}", request, deadline, False, again=True)
            outcome = await self.caller.call(call, lambda text: None)
            match outcome:
                case Refusal():
                    await self.clock.sleep(0.1)
                case ModelStep():
                    self.answered.append(outcome)
                case ModelFailure():
                    self.failed.append(outcome)


@asynccontextmanager
async def working(cache: Cache | None, address: str) -> AsyncGenerator[Worker]:
    """Give a worker."""
    clock, ear = SystemClock(), Ear()
    async with AsyncExitStack() as stack:
        leases = PoolLeases(
            cache,
            ["sonnet", "haiku"],
            sharers=lambda: WORKERS,
            clock=clock,
            telemetry=ear,
        )
        await leases.start()
        stack.push_async_callback(leases.stop)
        model = ClaudeModel(GivenSecret("key"), address, clock)
        stack.push_async_callback(model.close)
        gate = RateGate(leases, (SONNET,), clock)
        yield Worker(Caller(model, [gate], clock, ear), leases, clock, ear)


@asynccontextmanager
async def workers(url: str | None, address: str) -> AsyncGenerator[list[Worker]]:
    """Give four workers; each has a Redis connection of its own, or none."""
    async with AsyncExitStack() as stack:
        made: list[Worker] = []
        for _ in range(WORKERS):
            cache: Cache | None = None
            if url is not None:
                cache = await stack.enter_async_context(connected("limits", url=url))
            made.append(await stack.enter_async_context(working(cache, address)))
        yield made


@pytest.fixture
def redis() -> Generator[RedisServer]:
    """Give a server that a test may end."""
    one = RedisServer(scratch.folder("redis"))
    one.start()
    yield one
    one.process.kill()


@dataclass(frozen=True)
class Rush:
    """What became of a while of many calls.

    Args:
        answered: calls.
        failed: calls.
        took_s: how long it was.
        alone: slices that were leased without Redis.
    """

    answered: list[ModelStep]
    failed: list[ModelFailure]
    took_s: float
    alone: int


async def rush(
    address: str, url: str | None, halfway: Callable[[], None] = lambda: None
) -> Rush:
    """Let all call for a while."""
    clock = SystemClock()
    async with workers(url, address) as made:
        # One answer tells the limits; then all begin at once.
        await made[0].work(clock.monotonic_s() + 0.001, 0)
        for worker in made:
            await worker.leases.look()
        started_s = clock.monotonic_s()
        until_s = started_s + RUN_S
        tasks = [
            asyncio.create_task(worker.work(until_s, 100 * n))
            for n in range(LOOPS)
            for worker in made
        ]
        await clock.sleep(RUN_S / 2)
        halfway()
        await asyncio.gather(*tasks)
        return Rush(
            [step for worker in made for step in worker.answered],
            [failure for worker in made for failure in worker.failed],
            clock.monotonic_s() - started_s,
            sum(worker.ear.alone for worker in made),
        )


def calls(address: str) -> dict[str, int]:
    """Return the simulator's own count, by status."""
    with urlopen(f"{address}/calls") as got:
        return json.loads(got.read())["per_status"]


def judge(address: str, used: float, limit: int, rush: Rush) -> None:
    """Compare with what the server counted, and with what the limit allows."""
    counted = calls(address)
    total, beyond = sum(counted.values()), counted.get("429", 0)
    may = limit * (0.95 + rush.took_s / 60)
    print(f"{total} calls, {beyond} beyond; used {used:g} of {may:g}; {rush.alone=}")
    refused = [one for one in rush.failed if one.kind == "rate_limited"]
    assert len(refused) == beyond
    # Nothing else went wrong: what is counted is the limit's work alone.
    assert rush.failed == refused
    assert set(counted) <= {"200", "429"}
    assert beyond <= BEYOND * total
    assert LEAST * may <= used <= limit * (1 + rush.took_s / 60)


@pytest.mark.parametrize("mode", ["redis", "alone", "lost"])
async def test_workers_together_keep_to_the_requests(
    redis: RedisServer, mode: str
) -> None:
    """Through Redis, each alone with its part, and when Redis dies meanwhile."""
    limit = 300
    url = None if mode == "alone" else redis.url
    halfway = redis.process.kill if mode == "lost" else lambda: None
    options = Options(enforce_rates=True, requests_per_min=limit)
    with running_in_thread(options) as address:
        found = await rush(address, url, halfway)
        judge(address, len(found.answered), limit, found)
        assert (found.alone > 0) == (mode == "lost")


async def test_workers_together_keep_to_the_input_tokens(redis: RedisServer) -> None:
    """Prompts differ in size; what they have used is settled afterwards."""
    limit = 40_000
    options = Options(enforce_rates=True, input_tokens_per_min=limit)
    with running_in_thread(options) as address:
        found = await rush(address, redis.url)
        usages = [step.usage for step in found.answered]
        used = sum(one.input_tokens + one.cache_write_tokens for one in usages)
        judge(address, used, limit, found)
        assert found.alone == 0


async def test_workers_together_keep_to_the_output_tokens(redis: RedisServer) -> None:
    """Nobody knows a reply's size before; the mean of the last ones is close."""
    limit = 6_000
    options = Options(enforce_rates=True, output_tokens_per_min=limit)
    with running_in_thread(options) as address:
        found = await rush(address, redis.url)
        used = sum(step.usage.output_tokens for step in found.answered)
        judge(address, used, limit, found)
        assert found.alone == 0
