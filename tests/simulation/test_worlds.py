"""Whole clusters on simulated time, under faults: every promise holds in each."""

import subprocess
import sys

import pytest

from mainstay.testing.simulation.many import Summary, many, one
from mainstay.testing.simulation.planning import plan_of
from mainstay.testing.simulation.world import play

WORLDS = 100

ONCE_FAILED = (8348, 9410, 9933)
"""Worlds beyond the first 500 that showed a fault, of Mainstay or of its judge."""


@pytest.mark.parametrize("first_seed", range(1, 501, WORLDS))
def test_every_promise_holds_in_every_world(first_seed: int) -> None:
    """500 in all; ``mainstay simulate`` plays more, and any seed again."""
    summary = Summary()
    for result in many(first_seed, WORLDS, jobs=1):
        summary.add(result)
    broken = {r.seed: [str(f) for f in r.findings] for r in summary.failed}
    assert broken == {}
    assert summary.turns > 5 * WORLDS, "too quiet to show anything"
    assert summary.slowest_s < 30


@pytest.mark.parametrize("seed", ONCE_FAILED)
def test_no_promise_breaks_again(seed: int) -> None:
    """What was mended stays so."""
    assert [str(finding) for finding in one(seed).findings] == []


def test_a_seed_gives_the_same_world_bit_for_bit() -> None:
    """Twice in this process, and in another one that hashes otherwise."""
    here = [one(seed).fingerprint for seed in (3, 11, 11)]
    code = (
        "from mainstay.testing.simulation.many import one;"
        "print(*(one(seed).fingerprint for seed in (3, 11, 11)))"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert here[1] == here[2] != here[0]
    assert there.stdout.split() == here


def test_the_worlds_are_eventful() -> None:
    """Between them they show every kind of fault, and what Mainstay does about it."""
    told = "\n".join("\n".join(play(plan_of(seed)).trace) for seed in range(1, 61))
    for sign in ("Held(", "Buried(", "dies", "frozen", "blocked", "lease_lost"):
        assert sign in told
    for outcome in ("ToolDoubt", "Approval", "taken_over", "handed_off"):
        assert f"'{outcome}'" in told
    for level in range(5):
        assert f"level={level}" in told
