"""``make proof``: what takes longer than a test run, once, with its figures kept.

Runs the bench and the soak at full size and the chaos suite three times, and writes
``docs/explanation/figures.md``.
"""

import argparse
import os
import platform
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.process import ROOT

PAGE = ROOT / "docs" / "explanation" / "figures.md"
CHAOS_RUNS = 3
LONGEST_S = 2700


@dataclass(frozen=True, slots=True)
class Chapter:
    """One thing that was run.

    Args:
        title: what was run, in words.
        command: how a reader runs it.
        shown: what it printed.
        passed: whether it ended with 0.
        minutes: how long it took.
    """

    title: str
    command: str
    shown: str
    passed: bool
    minutes: float

    def as_text(self) -> str:
        """Return a section of the page."""
        verdict = "passed" if self.passed else "FAILED"
        head = f"## {self.title}\n\n`{self.command}`: {verdict} in "
        return f"{head}{self.minutes:.1f} minutes.\n\n```text\n{self.shown}\n```\n"


def run(title: str, command: str, args: Sequence[str], *, lines: int = 0) -> Chapter:
    """Run ``python ARGS`` and keep what it printed.

    Args:
        title: what is run, in words.
        command: how a reader runs it.
        args: what Python runs.
        lines: how many of its last lines are kept; 0 keeps all.
    """
    print(f"proof: {title}", flush=True)
    began_s = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *args],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=LONGEST_S,
    )
    minutes = (time.perf_counter() - began_s) / 60
    print(done.stdout, flush=True)
    shown = "\n".join(done.stdout.rstrip().splitlines()[-lines:])
    return Chapter(title, command, shown, done.returncode == 0, minutes)


def machine() -> str:
    """Return what the figures depend on, and nothing that names the machine."""
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def page(chapters: Sequence[Chapter]) -> str:
    """Return the page of figures."""
    head = f"""\
# Figures

Written by `make proof` on {datetime.now(UTC):%Y-%m-%d}: {machine()}. Machines and their
neighbours differ: trust the ratios. What each figure means, and where the time goes, is
in [performance.md](performance.md).
"""
    return "\n".join([head, *(chapter.as_text() for chapter in chapters)])


def main() -> None:
    """Run everything, write the page, and exit with 1 when something failed."""
    parser = argparse.ArgumentParser(prog="make proof", description=__doc__)
    parser.add_argument("--page", type=Path, default=PAGE)
    args = parser.parse_args()
    chapters = [
        run("Bench", "make bench", ["-m", "benchmarks.bench"]),
        run("Soak", "make soak", ["-m", "benchmarks.soak"]),
    ]
    chaos = ["-m", "pytest", "-q", "--no-header", "tests/chaos"]
    chapters += [
        run(f"Chaos, run {n}", "make test TESTS=tests/chaos", chaos, lines=1)
        for n in range(1, CHAOS_RUNS + 1)
    ]
    args.page.parent.mkdir(parents=True, exist_ok=True)
    args.page.write_text(page(chapters))
    sys.exit(0 if all(chapter.passed for chapter in chapters) else 1)


if __name__ == "__main__":
    main()
