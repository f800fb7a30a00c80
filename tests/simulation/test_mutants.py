"""Each broken build is found out by a recorded world that the whole one passes."""

import json
from typing import Any

import pytest
from tests.simulation.find_seeds import SEEDS, WITHIN
from tests.simulation.mutants import fleet, store, turn
from tests.simulation.mutants.table import BREAKS, Mutant

from mainstay.testing.simulation.many import one

RECORDED: dict[str, int] = json.loads(SEEDS.read_text("utf-8"))


def name(value: Any) -> str:
    """Return a test's name: what is broken."""
    return value.__name__


@pytest.mark.parametrize("mutant", BREAKS, ids=name)
def test_a_world_finds_each_broken_build(mutant: Mutant) -> None:
    """With the mutant its seed breaks the rule that it should; without, none."""
    seed = RECORDED[mutant.__name__]
    with pytest.MonkeyPatch.context() as patch:
        mutant(patch)
        found = {finding.rule for finding in one(seed).findings}
    assert BREAKS[mutant] in found
    assert one(seed).findings == []


def test_every_broken_build_is_on_the_list() -> None:
    """And has a seed, which few enough worlds lead to."""
    written = {
        name
        for module in (fleet, store, turn)
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__ and name[0] != "_"
    }
    listed = {mutant.__name__ for mutant in BREAKS}
    assert written == listed == RECORDED.keys()
    assert all(1 <= seed <= WITHIN for seed in RECORDED.values())
