"""``make soak``: a hundred thousand turns through one worker; memory must stay put.

Conversations are renewed as in life: each has ten messages and is then left for ever,
so that the store grows and the process must not.
"""

import argparse
import sys
import time
from pathlib import Path

import uvloop

from benchmarks.customers import Crowd
from benchmarks.figures import Report, Target, percentile
from benchmarks.system import System, system

TENTHS = 10
MESSAGES = 10
GROWTH_PERCENT = 5.0

TARGETS = (
    Target("memory_growth_percent_since_the_first_tenth", "at most", GROWTH_PERCENT),
    Target("turns_per_s", "at least", 100),
)


async def soak(running: System, turns: int, at_once: int) -> Report:
    """Run ``turns`` turns, a tenth at a time, and look at the memory after each."""
    crowd = await Crowd.of(running.address, running.key, at_once)
    report = Report(targets=list(TARGETS))
    began_s = time.perf_counter()
    print(_row("tenth", "turns/s", "CPU ms a turn", "reply p99 ms", "MB", "store MB"))
    rss_mb = [
        await _tenth(n, running, crowd, turns // TENTHS) for n in range(1, TENTHS + 1)
    ]
    took_s = time.perf_counter() - began_s
    crowd.close()
    growth = (rss_mb[-1] - rss_mb[0]) / rss_mb[0] * 100
    report.add({"turns": turns, "minutes": took_s / 60, "turns_per_s": turns / took_s})
    report.add({"memory_mb_after_the_first_tenth": rss_mb[0]})
    report.add({"memory_mb_at_the_end": rss_mb[-1], "memory_mb_most": max(rss_mb)})
    report.add({"memory_growth_percent_since_the_first_tenth": growth})
    return report


async def _tenth(n: int, running: System, crowd: Crowd, turns: int) -> float:
    """Run a tenth in new conversations; print its figures and return its memory."""
    began_s, cpu_s = time.perf_counter(), running.cpu_s()
    talks = await crowd.open(turns // MESSAGES)
    took_ms = await crowd.talk(talks, MESSAGES)
    took_s, spent_s = time.perf_counter() - began_s, running.cpu_s() - cpu_s
    await crowd.check(talks)
    rss_mb = running.rss_mb()
    figures = (
        f"{turns / took_s:.0f}",
        f"{spent_s * 1000 / turns:.2f}",
        f"{percentile(took_ms, 99):.0f}",
        f"{rss_mb:.1f}",
        f"{running.store_mb():,.0f}",
    )
    print(_row(str(n), *figures), flush=True)
    return rss_mb


def _row(*cells: str) -> str:
    return "".join(f"{cell:>14}" for cell in cells)


def main() -> None:
    """Soak, print, and exit with 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--turns", type=int, default=100_000)
    parser.add_argument("--at-once", type=int, default=128)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    with system() as running:
        report = uvloop.run(soak(running, args.turns, args.at_once))
    print(report.as_text())
    if args.json is not None:
        args.json.write_text(report.as_json() + "\n")
    sys.exit(0 if report.passed else 1)


if __name__ == "__main__":
    main()
