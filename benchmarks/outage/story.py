"""The story: the primary fails, then the fallback too, then both are back."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from benchmarks.cluster.cluster import cluster
from benchmarks.figures import Report, Target, percentile
from benchmarks.outage.customers import ACCEPTED, ANSWERED, Customers, Heard

PRIMARY, FALLBACK = "claude-sonnet-5-5", "claude-haiku-5-5"
OPENED_S = 10.0
"""So long after a model went down its breakers must be open."""

TARGETS = (
    Target("not_answered_within_29_s", "at most", 0),
    Target("other_errors", "at most", 0),
    Target("longest_wait_s", "at most", 30),
    Target("level_0_before_percent", "at least", 100),
    Target("calls_of_the_broken_primary_percent", "at most", 2),
    Target("calls_of_the_broken_fallback_percent", "at most", 2),
    Target("back_on_level_0_after_s", "at most", 90),
    Target("busiest_second_after_to_steady", "at most", 1.2),
)


@dataclass(frozen=True, slots=True)
class Story:
    """How long each part takes, in seconds.

    Args:
        rate_per_s: messages a second.
        calm_s: all is well.
        primary_s: the primary is down.
        both_s: both are down.
        after_s: both are back.
    """

    rate_per_s: float = 50.0
    calm_s: float = 20.0
    primary_s: float = 60.0
    both_s: float = 30.0
    after_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Times:
    """When what happened, in Unix time."""

    calm_s: float
    primary_down_s: float
    both_down_s: float
    back_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Call:
    """What reached the stand-in."""

    at_s: float
    model: str


async def told(story: Story, folder: Path) -> Report:
    """Play the story and return its figures with their targets."""
    async with cluster("database", folder, "benchmarks.outage.model") as running:
        addresses = [gateway.address for gateway in running.gateways]
        key, rate = running.base.key, story.rate_per_s
        async with Customers(addresses, key, rate) as customers:
            done = asyncio.Event()
            talking = asyncio.create_task(customers.talk(done))
            times, calls = await _happens(story, running.base.model)
            done.set()
            await talking
    report = Report(targets=list(TARGETS))
    report.add(_waits(customers.heard))
    report.add(_levels(customers.heard, times))
    report.add(_calls(calls, customers.heard, times))
    return report


async def _happens(story: Story, model: str) -> tuple[Times, list[Call]]:
    async with aiohttp.ClientSession(model) as http:
        await http.get("/calls")
        at_s = [time.time()]
        for seconds, path in (
            (story.calm_s, f"/down/{PRIMARY}"),
            (story.primary_s, f"/down/{FALLBACK}"),
            (story.both_s, "/up"),
            (story.after_s, None),
        ):
            await asyncio.sleep(seconds)
            if path is not None:
                await http.put(path)
            at_s.append(time.time())
        lines = (await (await http.get("/calls")).text()).splitlines()
    calls = [Call(float(at), name) for at, name in (line.split() for line in lines)]
    return Times(*at_s), calls


def _waits(heard: Sequence[Heard]) -> dict[str, float]:
    waits_s = [one.wait_s for one in heard]
    return {
        "messages": len(heard),
        "not_answered_within_29_s": sum(one.status == ACCEPTED for one in heard),
        "other_errors": sum(one.status not in (ANSWERED, ACCEPTED) for one in heard),
        "wait_p50_s": percentile(waits_s, 50),
        "wait_p99_s": percentile(waits_s, 99),
        "longest_wait_s": max(waits_s),
    }


def _levels(heard: Sequence[Heard], times: Times) -> dict[str, float]:
    parts = {
        "before": (times.calm_s, times.primary_down_s - 2),
        "without_primary": (times.primary_down_s, times.both_down_s),
        "without_both": (times.both_down_s, times.back_s),
        "after": (times.back_s, times.end_s),
    }
    figures: dict[str, float] = {}
    for part, (from_s, to_s) in parts.items():
        levels = Counter(one.level for one in heard if from_s <= one.sent_s < to_s)
        for level in range(5):
            if levels[level] or (part, level) == ("before", 0):
                share = 100 * levels[level] / max(1, levels.total())
                figures[f"level_{level}_{part}_percent"] = share
    late = [h.sent_s for h in heard if h.sent_s >= times.back_s and h.level != 0]
    return figures | {"back_on_level_0_after_s": max(late, default=0) - times.back_s}


def _calls(
    calls: Sequence[Call], heard: Sequence[Heard], times: Times
) -> dict[str, float]:
    before = _between(calls, times.calm_s, times.primary_down_s)
    after = _between(calls, times.back_s, times.end_s)
    steady = len(before) / (times.primary_down_s - times.calm_s)
    return {
        "calls_a_second_before": steady,
        "opened_after_s": _last_rush_s(calls, times),
        "calls_of_the_broken_primary_percent": _share(
            calls, heard, PRIMARY, times.primary_down_s + OPENED_S, times.back_s
        ),
        "calls_of_the_broken_fallback_percent": _share(
            calls, heard, FALLBACK, times.both_down_s + OPENED_S, times.back_s
        ),
        "busiest_second_before_to_steady": _busiest(before) / steady,
        "busiest_second_after_to_steady": _busiest(after) / steady,
    }


def _between(calls: Sequence[Call], from_s: float, to_s: float) -> list[Call]:
    return [call for call in calls if from_s <= call.at_s < to_s]


def _share(
    calls: Sequence[Call],
    heard: Sequence[Heard],
    model: str,
    from_s: float,
    to_s: float,
) -> float:
    """Return a broken model's calls in percent of the messages of that time."""
    called = sum(call.model == model for call in _between(calls, from_s, to_s))
    said = sum(from_s <= one.sent_s < to_s for one in heard)
    return 100 * called / max(1, said)


def _last_rush_s(calls: Sequence[Call], times: Times) -> float:
    """Return how long the primary was called although it was down, trials left out."""
    down_s = times.primary_down_s
    early = _between(calls, down_s, down_s + OPENED_S)
    return max((c.at_s for c in early if c.model == PRIMARY), default=down_s) - down_s


def _busiest(calls: Sequence[Call]) -> int:
    """Return the most calls that any one second saw."""
    ordered, most, first = sorted(call.at_s for call in calls), 0, 0
    for last, at_s in enumerate(ordered):
        while ordered[first] <= at_s - 1:
            first += 1
        most = max(most, last - first + 1)
    return most
