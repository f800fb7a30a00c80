"""Both models fail at 50 messages a second, and come back: nobody waits, no stampede.

Two gateways and three workers on PostgreSQL and Redis. After a calm start every call
of the primary model is answered with 529 for a minute, then every call of the fallback
too, then both are back. Calls are counted where they arrive, levels and waits where
customers hear them. Exits with 1 when a target is missed.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.outage.story import Story, told


def main() -> None:
    """Play the story, print its figures, and exit with 1 when a target is missed."""
    story = Story(**vars(_arguments()))
    with TemporaryDirectory(prefix="mainstay-outage-") as folder:
        report = asyncio.run(told(story, Path(folder)))
    print(report.as_text())
    sys.exit(0 if report.passed else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.outage", description=__doc__)
    for name in Story.__slots__:
        default = getattr(Story(), name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=default)
    return parser.parse_args()


if __name__ == "__main__":
    main()
