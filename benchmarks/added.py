"""How much longer a turn takes than its two model calls."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import aiohttp

from benchmarks.customers import Crowd, Talk
from benchmarks.figures import percentile
from benchmarks.model_call import REQUEST, bare
from benchmarks.system import System

AT_ONCE = 64
CALL_MS = 250
QUESTION = replace(REQUEST, messages=REQUEST.messages[:1])


async def added(
    running: System, crowd: Crowd, talks: Sequence[Talk], messages: int
) -> dict[str, float]:
    """Keep 64 turns in flight at a model that takes 250 ms a call, all being well.

    Beside them, before and after, the same two calls through bare HTTP, 64 at once.
    What lies between is what gateway, queue, ladder and journal add.
    """
    running.pace_model(CALL_MS)
    pairs = AT_ONCE * max(1, messages // 2)
    bare_ms = await _pairs(running.model.address, pairs)
    took_ms = await crowd.part(AT_ONCE).talk(talks, messages)
    bare_ms += await _pairs(running.model.address, pairs)
    running.pace_model(0)
    figures: dict[str, float] = {}
    for percent in (50, 99):
        turn_ms, calls_ms = percentile(took_ms, percent), percentile(bare_ms, percent)
        figures[f"bare_calls_p{percent}_ms_at_{AT_ONCE}"] = calls_ms
        figures[f"added_p{percent}_ms_at_{AT_ONCE}"] = turn_ms - calls_ms
    return figures


async def _pairs(address: str, count: int) -> list[float]:
    """Return milliseconds of each pair of calls that a turn makes."""
    left, took_ms = iter(range(count)), list[float]()
    wires = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=wires) as http:
        calls = [bare(http, address, request) for request in (QUESTION, REQUEST)]

        async def work() -> None:
            for _ in left:
                began_s = time.perf_counter()
                for call in calls:
                    await call()
                took_ms.append((time.perf_counter() - began_s) * 1000)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return took_ms
