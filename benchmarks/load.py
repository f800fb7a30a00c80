"""What one running system does under load."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.added import AT_ONCE, CALL_MS, added
from benchmarks.bare_commit import commit_ms
from benchmarks.customers import Crowd, Talk
from benchmarks.figures import percentile
from benchmarks.steady import Steady
from benchmarks.system import System

PROBE_PER_S = 15.0
PROBED = 400
"""Conversations for the steady stream: each is written to every 27 s, when its last
message has long been answered."""

FLIGHT = 200
"""Turns at once, with a model that takes its time."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Args:
        conversations: each of a customer of its own.
        messages: in each conversation.
        at_once: customers that wait for a reply at once.
        steady_s: seconds of the steady stream alone.
        added: messages of each of the 64 customers whose turns are timed.
        flights: messages of each of the 200 customers with the slow model.
        pairs: pairs of plain SDK calls, each time.
        warm: conversations with one message each before anything is measured.
        rounds: pairs of rounds in which monitoring is compared with none.
        round_turns: turns of each side in such a round.
    """

    conversations: int = 1000
    messages: int = 10
    at_once: int = 128
    steady_s: float = 40.0
    added: int = 20
    flights: int = 10
    pairs: int = 1000
    warm: int = 300
    rounds: int = 10
    round_turns: int = 300


QUICK = Size(40, 4, 32, 3.0, 2, 1, 60, 50, 1, 60)


async def measure(size: Size, running: System) -> dict[str, float]:
    """Load a running system; every message must be answered once, in order.

    Raises:
        WrongAnswer: one was not.
    """
    crowd = await Crowd.of(running.address, running.key, max(size.at_once, FLIGHT))
    busy = crowd.part(size.at_once)
    warm = await crowd.open(size.warm)
    await busy.talk(warm, 1)
    probed = await crowd.open(PROBED)
    talks = await crowd.open(size.conversations)
    found = await _saturate(running, busy, talks, probed, size)
    await crowd.hear(probed)
    found |= await _steadily(running, probed, size.steady_s)
    await crowd.hear(probed)
    slow = await crowd.open(FLIGHT)
    found |= await added(running, crowd, slow[:AT_ONCE], size.added)
    found |= await _fly(running, crowd, slow, size.flights)
    found["answered"] = await crowd.check([*warm, *talks, *probed, *slow])
    crowd.close()
    return found | {
        "peak_mb": running.peak_mb(),
        "peak_rss_mb": running.peak_rss_mb(),
        "store_mb": running.store_mb(),
    }


async def _saturate(
    running: System,
    crowd: Crowd,
    talks: Sequence[Talk],
    probed: Sequence[Talk],
    size: Size,
) -> dict[str, float]:
    """Let all customers talk, as fast as they are answered."""
    steady = Steady(running.address, running.key, probed)
    done = asyncio.Event()

    def spent() -> list[float]:
        by_role = [child.cpu_s() for child in running.roles.values()]
        others = [time.perf_counter(), running.model.cpu_s(), running.store_cpu_s()]
        return [*others, running.commits(), *by_role]

    before = spent()
    probing = asyncio.create_task(steady.run(PROBE_PER_S, done))
    took_ms = await crowd.talk(talks, size.messages)
    took_s, model_s, store_s, commits, *by_role = (
        after - before for after, before in zip(spent(), before, strict=True)
    )
    done.set()
    await probing
    turns = len(took_ms) + len(steady.took_ms)
    roles = zip(running.roles, by_role, strict=True)
    return {
        "turns": turns,
        "turns_per_s": turns / took_s,
        "turn_cpu_ms": sum(by_role) * 1000 / turns,
        **{f"turn_cpu_ms_of_{role}": cpu_s * 1000 / turns for role, cpu_s in roles},
        **({"turn_cpu_ms_of_database": store_s * 1000 / turns} if store_s else {}),
        "commits_a_turn": commits / turns,
        "stand_in_cpu_ms_a_call": model_s * 1000 / turns / 2,
        "reply_p50_ms": percentile(took_ms, 50),
        "reply_p99_ms": percentile(took_ms, 99),
        "accept_p50_ms_saturated": percentile(steady.took_ms, 50),
        "accept_p99_ms_saturated": percentile(steady.took_ms, 99),
    }


async def _steadily(
    running: System, probed: Sequence[Talk], seconds: float
) -> dict[str, float]:
    """Send 15 messages a second and nothing else; bare commits before and after."""

    async def bare() -> list[float]:
        # Beside the loop, which must hear of the idle connections that are closed.
        return await asyncio.to_thread(
            commit_ms, running.data, PROBE_PER_S, seconds / 4
        )

    bare_ms = await bare()
    steady = Steady(running.address, running.key, probed)
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, done.set)
    await steady.run(PROBE_PER_S, done)
    bare_ms += await bare()
    return {
        "bare_commit_p50_ms_at_15_per_s": percentile(bare_ms, 50),
        "bare_commit_p99_ms_at_15_per_s": percentile(bare_ms, 99),
        "accept_p50_ms_at_15_per_s": percentile(steady.took_ms, 50),
        "accept_p99_ms_at_15_per_s": percentile(steady.took_ms, 99),
    }


async def _fly(
    running: System, crowd: Crowd, talks: Sequence[Talk], messages: int
) -> dict[str, float]:
    """Keep 200 turns in flight while the model takes 500 ms of each."""
    running.pace_model(CALL_MS)
    before_mb = most_mb = running.rss_mb()
    done = asyncio.Event()

    async def watch() -> None:
        nonlocal most_mb
        while not done.is_set():
            most_mb = max(most_mb, running.rss_mb())
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    began_s = time.perf_counter()
    took_ms = await crowd.talk(talks, messages)
    took_s = time.perf_counter() - began_s
    done.set()
    await watching
    running.pace_model(0)
    return {
        "turns_per_s_at_500_ms": len(took_ms) / took_s,
        "reply_p50_ms_at_500_ms": percentile(took_ms, 50),
        "mb_per_1000_turns_in_flight": (most_mb - before_mb) / FLIGHT * 1000,
    }
