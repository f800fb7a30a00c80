"""``make bench``: whole turns through the HTTP API, on each store and queue.

Ten thousand messages over a thousand conversations of each layout; every one must be
answered once, in order, on level 0. Beside them, from the same run, what cannot be
beaten: bare HTTP, bare commits, and the same two calls through the plain SDK.
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import median

import uvloop

from benchmarks.comparison import Comparison
from benchmarks.figures import Report, Target
from benchmarks.floors import bare_accept, postgres_commits, sdk, sqlite_commits
from benchmarks.load import QUICK, Size, measure
from benchmarks.share import share
from benchmarks.system import ALONE, Layout, system

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "performance.md"

LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("sqlite"),
        Layout("postgres"),
        Layout("postgres", "rabbitmq"),
        Layout("postgres", "sqs"),
        Layout("postgres", "kafka"),
    )
}

TARGETS = {
    "sqlite": (
        Target("turn_to_sdk_cpu_ratio", "at most", 1.0),
        Target("turns_per_s", "at least", 200),
        Target("accept_p99_ms_at_15_per_s", "below", 6.0),
        Target("monitoring_cpu_percent", "at most", 5.0),
    ),
    "postgres": (
        Target("turn_to_sdk_cpu_ratio", "at most", 0.8),
        Target("turns_per_s", "at least", 300),
        Target("accept_p50_ms_at_15_per_s", "at most", 3.0),
        Target("accept_p99_ms_at_15_per_s", "at most", 6.0),
        Target("turns_per_s_at_500_ms", "at least", 250),
        Target("peak_mb", "at most", 180),
    ),
}


def run(layout: Layout, size: Size) -> Report:
    """Measure one layout, the plain SDK before and after it."""
    report = Report(targets=list(TARGETS.get(layout.name, ())))
    with system(layout) as running:
        pairs = [sdk(running.model.address, size.pairs)]
        report.add(uvloop.run(measure(size, running)))
        pairs.append(sdk(running.model.address, size.pairs))
    for name in ("stream", "create"):
        found = median(pair[name] for pair in pairs)
        report.add({f"sdk_{name}_pair_cpu_ms": found})
    ratio = report.figures["turn_cpu_ms"] / report.figures["sdk_stream_pair_cpu_ms"]
    report.add({"turn_to_sdk_cpu_ratio": ratio})
    if layout == ALONE:
        report.add(share(size))
    return report


def floors(size: Size) -> dict[str, float]:
    """Measure what cannot be beaten."""
    return {
        **uvloop.run(bare_accept(size.steady_s / 4)),
        **sqlite_commits(),
        **uvloop.run(postgres_commits()),
    }


def main() -> None:
    """Measure, print, and exit with 1 when a target is missed."""
    args = _arguments()
    size = QUICK if args.quick else Size()
    chosen = {n: getattr(args, n) or getattr(size, n) for n in Size.__slots__}
    comparison = Comparison(floors(Size(**chosen)))
    for name in args.layouts or LAYOUTS:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        report = run(LAYOUTS[name], Size(**chosen))
        if args.quick:
            # Too short to judge by: it only shows that everything runs.
            report.targets.clear()
        comparison.add(name, report)
    print(comparison.as_text())
    if args.json is not None:
        args.json.write_text(json.dumps(comparison.as_dict(), indent=2) + "\n")
    if args.page is not None:
        args.page.write_text(comparison.as_page())
    sys.exit(0 if comparison.passed else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small, unjudged")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument(
        "--page", type=Path, nargs="?", const=PAGE, help=f"also write {PAGE.name}"
    )
    parser.add_argument(
        "--only",
        dest="layouts",
        action="append",
        choices=LAYOUTS,
        help="one layout; may be repeated",
    )
    for name in Size.__slots__:
        kind = float if name.endswith("_s") else int
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind)
    return parser.parse_args()


if __name__ == "__main__":
    main()
