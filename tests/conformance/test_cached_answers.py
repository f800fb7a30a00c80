"""No customer reads what another one told, whatever is kept for others."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.conformance import postgres_ports, sqlite_ports
from tests.conformance.town import SECRETS, VISITS, Town, Visit, visit_of
from tests.conformance.twinned_stores import Opening

from mainstay.testing.store_conformance.answers import give, share

BACKENDS = {"sqlite": sqlite_ports.fresh, "postgres": postgres_ports.fresh}
each_store = pytest.mark.parametrize("opening", BACKENDS.values(), ids=BACKENDS)


@each_store
@settings(
    max_examples=30,
    # Without shrinking: each visit is several commits, so that it would take minutes.
    phases=[Phase.generate],
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    people=st.lists(SECRETS, min_size=3, max_size=3),
    visits=st.lists(VISITS, min_size=20, max_size=20),
    approving=st.booleans(),
)
def test_nobody_reads_what_another_customer_told(
    opening: Opening,
    people: Sequence[dict[str, str]],
    visits: Sequence[Visit],
    *,
    approving: bool,
):
    """One person may have three accounts; a careless human may approve all."""
    town = Town(opening, people)
    assert asyncio.run(town.live(visits, approving=approving)) == []


@each_store
def test_general_answers_are_shared(opening: Opening):
    """What is forbidden is not all: plain answers do go round."""
    people = [{"name": f"Zora{n}"} for n in range(4)]
    visits = [visit_of(n, 1) for n in range(3)]
    town = Town(opening, people)
    assert asyncio.run(town.live(visits, approving=False)) == []
    assert town.shared == len(people)


@each_store
async def test_too_many_are_dropped_but_not_what_is_shared(
    opening: Opening, monkeypatch: pytest.MonkeyPatch
):
    """The least asked for and the oldest go first, a human's decisions last."""
    for place in ("sqlite.kept", "postgres.watch"):
        monkeypatch.setattr(f"mainstay.stores.{place}.MOST_ANSWERS", 3)
    async with AsyncExitStack() as scope:
        clock, (ports,) = await opening(scope, 1)
        await give(ports, "ada", "Reviewed.", "what was reviewed")
        await ports.answers.approve((await ports.answers.list())[0].id, "key_1")
        await share(ports, "Shared.", "what was shared")
        for n in range(4):
            clock.advance(1)
            await give(ports, "ada", f"Number {n}.", f"what is number {n}")
        assert await ports.watch.forget_answers() == 3
        assert await ports.watch.forget_answers() == 0
        left = [answer.text for answer in await ports.answers.list()]
        assert left == ["Shared.", "Reviewed.", "Number 3."]
        await give(ports, "ben", "Number 0.", "what is number 0")
        found = await ports.knowledge.answer("What was shared?", "shop/en/1/aa")
        assert found is not None
