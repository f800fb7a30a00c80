"""``make proof``: what takes longer than a test run, once, with its figures kept.

Runs the bench and the soak at full size, reads plans at ten million messages, plays ten
thousand simulated worlds, runs the tests that take long (chaos, every drill in a whole
deployment, every alert that one machine can cause), runs the cluster on each queue and
an outage of the models, and writes ``docs/explanation/figures.md`` and the bench's own
page.
"""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.cluster.servers import QUEUES
from benchmarks.comparison import machine
from benchmarks.process import ROOT

PAGE = ROOT / "docs" / "explanation" / "figures.md"
WORLDS = 10_000
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
        end = f"{self.minutes:.1f} minutes on {datetime.now(UTC):%Y-%m-%d}."
        return f"{head}{end}\n\n```text\n{self.shown}\n```\n"


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


def head() -> str:
    """Return the beginning of the page of figures."""
    return f"""\
# Figures

Written by `make proof`: {machine()}. Each chapter has the date of its run, and may
be of earlier code than the others. Machines and their neighbours differ: trust the
ratios. What each figure means, and where the time goes, is in
[performance.md](performance.md).
"""


def sections(page: Path) -> dict[str, str]:
    """Return the chapters of an earlier page by title; none when there is no page."""
    text = page.read_text() if page.exists() else ""
    parts = text.split("\n## ")[1:]
    return {part.splitlines()[0]: f"## {part.rstrip()}\n" for part in parts}


def bench() -> Chapter:
    """Run the bench at full size, and write its own page too."""
    args = ["-m", "benchmarks.bench", "--page"]
    return run("Bench", "make bench ARGS=--page", args)


def soak() -> Chapter:
    """Run the soak at full size."""
    return run("Soak", "make soak", ["-m", "benchmarks.soak"])


def plans() -> Chapter:
    """Compare the plans of a short and of a long past."""
    args = ["-m", "benchmarks.plans"]
    return run("Plans", "python -m benchmarks.plans", args)


def worlds() -> Chapter:
    """Play simulated worlds."""
    args = ["-m", "mainstay", "simulate", "--worlds", str(WORLDS), "--seed", "1"]
    return run("Simulated worlds", f"mainstay {' '.join(args[2:])}", args)


def chaos() -> Chapter:
    """Run what the chaos suite has beside what every test run plays."""
    return tests("Chaos", "tests/chaos", at_once=2)


def alerts() -> Chapter:
    """Cause alerts and faults of telemetry in running systems; they wait, mostly."""
    return tests("Alerts", "tests/acceptance", at_once=3)


def tests(title: str, folder: str, at_once: int) -> Chapter:
    """Run a folder's tests that take too long for ``make test``."""
    args = ["-q", "-m", "long", "-n", str(at_once), "--dist", "loadfile", folder]
    shown = f".venv-test/bin/pytest {shlex.join(args)}"
    return run(title, shown, ["-m", "pytest", "--no-header", *args], lines=1)


def cluster(queue: str) -> Chapter:
    """Run a cluster whose parts fail on a queue; without a broker, only workers die."""
    args = ["-m", "benchmarks.cluster", "--queue", queue]
    if queue == "nowhere":
        args += ["--faults", "kill", "--seconds", "60"]
    return run(f"Cluster, {queue}", f".venv-test/bin/python {' '.join(args)}", args)


def outage() -> Chapter:
    """Let both models fail, and come back."""
    args = ["-m", "benchmarks.outage"]
    return run("Outage of the models", f".venv-test/bin/python {' '.join(args)}", args)


CHAPTERS: dict[str, Sequence[Callable[[], Chapter]]] = {
    "bench": [bench],
    "soak": [soak],
    "plans": [plans],
    "worlds": [worlds],
    "chaos": [chaos],
    "alerts": [alerts],
    "cluster": [partial(cluster, queue) for queue in QUEUES],
    "outage": [outage],
}


def main() -> None:
    """Run what was asked for, write the page, and exit with 1 when something failed."""
    parser = argparse.ArgumentParser(prog="make proof", description=__doc__)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument(
        "--only",
        action="append",
        choices=CHAPTERS,
        help="run this part again and keep the page's others; may be repeated",
    )
    args = parser.parse_args()
    parts = [CHAPTERS[name] for name in args.only or CHAPTERS]
    kept = sections(args.page) if args.only else {}
    args.page.parent.mkdir(parents=True, exist_ok=True)
    chapters: list[Chapter] = []
    for play in [chapter for part in parts for chapter in part]:
        chapters.append(chapter := play())
        kept[chapter.title] = chapter.as_text()
        # At once, so that the page has what was run when the rest is not.
        args.page.write_text("\n".join([head(), *kept.values()]))
    minutes = sum(chapter.minutes for chapter in chapters)
    print(f"proof: {minutes:.1f} minutes", flush=True)
    sys.exit(0 if all(chapter.passed for chapter in chapters) else 1)


if __name__ == "__main__":
    main()
