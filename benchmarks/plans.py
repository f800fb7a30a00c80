"""``python -m benchmarks.plans``: what the store's work costs as its tables grow.

Fills a PostgreSQL with few messages and one with many, runs each piece of the store's
work on both, and compares what was read (from the plans that were really run) and how
long it took. A plan that reads the whole of a growing table fails, and so does one that
reads more than the logarithm of the size allows.
"""

import argparse
import asyncio
import math
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.archive import OPEN
from benchmarks.comparison import machine
from benchmarks.day import HELD
from benchmarks.figures import percentile
from benchmarks.measured import DATABASE, Measured, Piece
from mainstay.ports.standing import MOST_COUNTED
from mainstay.testing.servers.postgres import PostgresServer

FEW = 40_000
MANY = 10_000_000
ROOM = 8
"""Pages that a piece may read more, whatever the logarithm says."""

ROWS = {
    "stats": OPEN,
    "standing": MOST_COUNTED,
    "take": 3 * HELD,
    "overdue": 4 * HELD,
    "renew": 2 * HELD,
    "approvals": 2 * HELD,
    "escalations": 2 * HELD,
}
"""Rows that a piece looks at, if many: among more others each has a page of its own."""


def table(few: Measured, many: Measured) -> str:
    """Return what each piece took in both, a line each."""
    heads = ("", f"{few.messages:,}", "p50", "p99", f"{many.messages:,}", "p50", "p99")
    lines = [_row(*heads, "ratio"), _row("", *["pages", "ms", "ms"] * 2, "of pages")]
    for name, before in few.pieces.items():
        after = many.pieces[name]
        lines.append(
            _row(
                name,
                *_figures(before),
                *_figures(after),
                f"{after.buffers / max(1, before.buffers):.2f}",
            )
        )
    return "\n".join(lines)


def faults(few: Measured, many: Measured) -> list[str]:
    """Return what no piece of work may do, and some did."""
    growth = math.log(many.messages) / math.log(few.messages)
    found = {f for one in (few, many) for p in one.pieces.values() for f in p.faults}
    for name, before in few.pieces.items():
        after = many.pieces[name].buffers
        limit = before.buffers * growth + ROWS.get(name, ROOM)
        if after > limit:
            found.add(f"{name} read {after} pages, {limit:.0f} are its limit")
    return sorted(found)


def _figures(piece: Piece) -> tuple[str, str, str]:
    p50, p99 = (percentile(piece.took_ms, percent) for percent in (50, 99))
    return str(piece.buffers), f"{p50:.2f}", f"{p99:.2f}"


def _row(*cells: str) -> str:
    name, *rest = cells
    return f"{name:<18}" + "".join(f"{cell:>12}" for cell in rest)


async def _compare(few: int, many: int) -> tuple[Measured, Measured]:
    both: list[Measured] = []
    for messages in (few, many):
        with TemporaryDirectory(prefix="mainstay-plans-") as folder:
            server = PostgresServer(Path(folder))
            server.start()
            began_s = time.perf_counter()
            try:
                one = Measured(server, messages)
                await one.prepare()
                filled_s = time.perf_counter() - began_s
                await one.explain()
                await one.time()
                size = server.sql(f"SELECT pg_database_size('{DATABASE}')")
            finally:
                server.stop()
        took_s = time.perf_counter() - began_s
        told = f"{int(size) / 1e9:.1f} GB, filled in {filled_s:.0f} s"
        print(f"{messages:,} messages: {told}, measured in {took_s - filled_s:.0f} s")
        both.append(one)
    return both[0], both[1]


def main() -> None:
    """Compare, print, and exit with 1 when a statement does not scale."""
    parser = argparse.ArgumentParser(prog="benchmarks.plans", description=__doc__)
    parser.add_argument("--messages", type=int, default=MANY)
    parser.add_argument("--few", type=int, default=FEW)
    args = parser.parse_args()
    print(f"{machine()}; {OPEN:,} conversations open in both")
    few, many = asyncio.run(_compare(args.few, args.messages))
    print(table(few, many))
    found = faults(few, many)
    for fault in found:
        print(f"FAIL {fault}")
    print("FAIL" if found else "PASS no piece of work reads more than its limit")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
