"""``make bench``: whole turns through the HTTP API, beside the plain SDK's two calls.

Ten thousand messages over a thousand conversations of one ``serve all`` process; every
one must be answered once, in order, on level 0.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import uvloop

from benchmarks.bare_commit import commit_ms
from benchmarks.customers import Crowd, Talk
from benchmarks.figures import Report, Target, percentile
from benchmarks.process import ROOT
from benchmarks.steady import Steady
from benchmarks.system import System, system

PROBE_PER_S = 15.0
PROBED = 400
"""Conversations for the steady stream: each is written to every 27 s, when its last
message has long been answered."""

TARGETS = (
    Target("turn_to_sdk_cpu_ratio", "at most", 1.0),
    Target("turns_per_s", "at least", 200),
    Target("accept_p99_ms_at_15_per_s", "below", 6.0),
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Args:
        conversations: each of a customer of its own.
        messages: in each conversation.
        at_once: customers that wait for a reply at once.
        steady_s: seconds of the steady stream alone.
        pairs: pairs of plain SDK calls, each time.
        warm: conversations with one message each before anything is measured.
    """

    conversations: int = 1000
    messages: int = 10
    at_once: int = 128
    steady_s: float = 60.0
    pairs: int = 1000
    warm: int = 300


QUICK = Size(40, 4, 32, 3.0, 60, 50)


async def measure(size: Size, running: System) -> Report:
    """Measure a running system."""
    report = Report(targets=list(TARGETS))
    before = _baseline(running, size)
    crowd = await Crowd.of(running.server.address, running.key, size.at_once)
    warm = await crowd.open(size.warm)
    await crowd.talk(warm, 1)
    probed = await crowd.open(PROBED)
    talks = await crowd.open(size.conversations)
    report.add(await _saturate(running, crowd, talks, probed, size))
    report.add(await _steadily(running, probed, size.steady_s))
    await crowd.hear(probed)
    report.add({"answered": await crowd.check([*warm, *talks, *probed])})
    report.add({"server_peak_mb": running.server.peak_rss_mb()})
    report.add({"store_mb": running.store_mb()})
    _compare(report, [before, _baseline(running, size)])
    crowd.close()
    return report


async def _saturate(
    running: System,
    crowd: Crowd,
    talks: Sequence[Talk],
    probed: Sequence[Talk],
    size: Size,
) -> dict[str, float]:
    """Let all customers talk, as fast as they are answered."""
    server, model = running.server, running.model
    steady = Steady(server.address, running.key, probed)
    done = asyncio.Event()

    def spent_s() -> list[float]:
        cpu_s = (server.cpu_s(), server.main_thread_cpu_s(), model.cpu_s())
        return [time.perf_counter(), *cpu_s]

    before_s = spent_s()
    probing = asyncio.create_task(steady.run(PROBE_PER_S, done))
    took_ms = await crowd.talk(talks, size.messages)
    took_s, cpu_s, loop_s, model_s = (
        after - before for after, before in zip(spent_s(), before_s, strict=True)
    )
    done.set()
    await probing
    turns = len(took_ms) + len(steady.took_ms)
    return {
        "turns": turns,
        "turns_per_s": turns / took_s,
        "turn_cpu_ms": cpu_s * 1000 / turns,
        "turn_cpu_ms_of_the_event_loop": loop_s * 1000 / turns,
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

    def bare() -> list[float]:
        return commit_ms(running.data, PROBE_PER_S, seconds / 2)

    bare_ms = bare()
    steady = Steady(running.server.address, running.key, probed)
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, done.set)
    await steady.run(PROBE_PER_S, done)
    bare_ms += bare()
    return {
        "bare_commit_p50_ms_at_15_per_s": percentile(bare_ms, 50),
        "bare_commit_p99_ms_at_15_per_s": percentile(bare_ms, 99),
        "accept_p50_ms_at_15_per_s": percentile(steady.took_ms, 50),
        "accept_p99_ms_at_15_per_s": percentile(steady.took_ms, 99),
    }


def _baseline(running: System, size: Size) -> dict[str, float]:
    """Measure the plain SDK against the same stand-in."""
    args = ("--address", running.model.address, "--pairs", str(size.pairs))
    command = [sys.executable, "-m", "benchmarks.baseline", *args]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=300
    )
    return json.loads(done.stdout)


def _compare(report: Report, baselines: Sequence[dict[str, float]]) -> None:
    """Set the turn beside the SDK's two calls, measured before and after it."""
    for name in ("stream", "create"):
        found = median(baseline[name] for baseline in baselines)
        report.add({f"sdk_{name}_pair_cpu_ms": found})
    ratio = report.figures["turn_cpu_ms"] / report.figures["sdk_stream_pair_cpu_ms"]
    report.add({"turn_to_sdk_cpu_ratio": ratio})


def main() -> None:
    """Measure, print, and exit with 1 when a target is missed."""
    args = _arguments()
    size = QUICK if args.quick else Size()
    chosen = {n: getattr(args, n) or getattr(size, n) for n in Size.__slots__}
    with system() as running:
        report = uvloop.run(measure(Size(**chosen), running))
    if args.quick:
        # Too short to judge by: it only shows that everything runs.
        report.targets.clear()
    print(report.as_text())
    if args.json is not None:
        args.json.write_text(report.as_json() + "\n")
    sys.exit(0 if report.passed else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small, unjudged")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    for name in Size.__slots__:
        kind = float if name.endswith("_s") else int
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind)
    return parser.parse_args()


if __name__ == "__main__":
    main()
