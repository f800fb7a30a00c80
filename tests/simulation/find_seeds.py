"""Finds a world for each broken build anew, and records its seed.

From the root of the project: ``python -m tests.simulation.find_seeds``, with
Mainstay installed. It ends with 1 when 2,000 worlds find one of them whole.
"""

import json
import multiprocessing
import sys
from pathlib import Path

import pytest
from tests.simulation.mutants.table import BREAKS, Mutant

from mainstay.testing.simulation.many import one

WITHIN = 2_000
SEEDS = Path(__file__).with_name("seeds.json")


def first_seed(mutant: Mutant) -> int | None:
    """Return the first world that a broken build breaks in the way that it should."""
    with pytest.MonkeyPatch.context() as patch:
        mutant(patch)
        for seed in range(1, WITHIN + 1):
            if BREAKS[mutant] in {finding.rule for finding in one(seed).findings}:
                return seed
    return None


def main() -> int:
    """Find all seeds, on all cores; write and print them."""
    with multiprocessing.get_context("fork").Pool() as pool:
        found = dict(zip(BREAKS, pool.map(first_seed, BREAKS, 1), strict=True))
    seeds = {mutant.__name__: seed for mutant, seed in found.items()}
    SEEDS.write_text(json.dumps(seeds, indent=2) + "\n", "utf-8")
    print(SEEDS.read_text("utf-8"), end="")
    return int(None in seeds.values())


if __name__ == "__main__":
    sys.exit(main())
