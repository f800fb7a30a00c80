"""What every adapter of the Circuits port must do while it is there; run it on yours.

Subclass ``CircuitsConformance`` and give it a ``stage`` fixture: fresh circuits as two
processes have them.
"""

import asyncio
from typing import Protocol

import pytest

from mainstay.ports.circuits import Circuit, Circuits, Opening, TrialResult

NAME = "anthropic/main/sonnet"
LIMIT, SUCCESSES, LOST_S = 3, 3, 5.0

OPEN_S, SLACK_S = 0.3, 0.1
"""How long circuits are open, and how far their clock may be from the test's."""


class CircuitsStage(Protocol):
    """Circuits under test and their time."""

    @property
    def one(self) -> Circuits:
        """The circuits as one process has them."""
        ...

    @property
    def two(self) -> Circuits:
        """The same circuits as another process has them."""
        ...

    async def pass_time(self, seconds: float) -> None:
        """Return when the circuits' time has moved on."""
        ...


def there(circuit: Circuit | None) -> Circuit:
    """Return a circuit; it must have been had."""
    assert circuit is not None, "the circuits were away"
    return circuit


async def seen(circuits: Circuits, name: str = NAME) -> Circuit:
    """Return a circuit as it is."""
    found = await circuits.look([name])
    assert found is not None, "the circuits were away"
    return found[0]


async def opened(circuits: Circuits, epoch: int = 0, for_s: float = OPEN_S) -> Circuit:
    """Open the circuit."""
    opening = Opening(for_s=for_s, ramps=True, reopened=1)
    return there(await circuits.open(NAME, epoch, opening))


async def probe(
    circuits: Circuits, epoch: int, place: str, lost_s: float = LOST_S
) -> Circuit:
    """Ask for a trial."""
    return there(await circuits.probe(NAME, epoch, place, LIMIT, lost_s))


async def report(
    circuits: Circuits, epoch: int, place: str, result: TrialResult = "quick"
) -> Circuit:
    """Give a trial back."""
    return there(await circuits.report(NAME, epoch, place, result, SUCCESSES))


async def half_open(stage: CircuitsStage) -> int:
    """Open the circuit and wait for its trials; return its epoch."""
    epoch = (await opened(stage.one)).epoch
    await stage.pass_time(OPEN_S + SLACK_S)
    return epoch


class CircuitsConformance:
    """The contract of ``ports.Circuits``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_nothing_is_known_at_first(self, stage: CircuitsStage) -> None:
        """Epoch 0 says so; circuits come in the order they were asked for."""
        await opened(stage.one)
        found = await stage.two.look(["b", NAME, "a"]) or ()
        assert [one.name for one in found] == ["b", NAME, "a"]
        assert [one.epoch > 0 for one in found] == [False, True, False]
        assert await stage.one.look([]) == []

    async def test_an_opening_is_known_to_all(self, stage: CircuitsStage) -> None:
        """With all that was told of it, and the time that is left."""
        told = await opened(stage.one, for_s=10)
        circuit = await seen(stage.two)
        assert circuit.epoch == told.epoch
        assert (circuit.state, circuit.ramps, circuit.reopened) == ("open", True, 1)
        assert 10 - SLACK_S <= circuit.for_s <= 10

    async def test_each_opening_is_a_generation(self, stage: CircuitsStage) -> None:
        """Of a higher epoch than any before."""
        first = await opened(stage.one)
        second = await opened(stage.two, first.epoch)
        third = await opened(stage.one, second.epoch + 5)
        assert first.epoch < second.epoch < second.epoch + 5 < third.epoch

    async def test_an_old_generation_opens_nothing(self, stage: CircuitsStage) -> None:
        """Who learnt it before the last opening is told of that one."""
        first = await opened(stage.one)
        second = await opened(stage.two, first.epoch, for_s=10)
        third = await opened(stage.one, first.epoch, for_s=50)
        assert third.epoch == second.epoch
        assert third.for_s <= 10

    async def test_an_opening_is_never_shortened(self, stage: CircuitsStage) -> None:
        """The later end counts, whoever names it."""
        first = await opened(stage.one, for_s=20)
        second = await opened(stage.two, first.epoch, for_s=5)
        assert second.epoch > first.epoch
        assert second.for_s > 20 - SLACK_S

    async def test_no_trial_before_the_time(self, stage: CircuitsStage) -> None:
        """Whatever the asker's own clock says."""
        epoch = (await opened(stage.one)).epoch
        early = await probe(stage.two, epoch, "early")
        assert (early.granted, early.state) == (False, "open")
        await stage.pass_time(OPEN_S + SLACK_S)
        due = await probe(stage.two, epoch, "due")
        assert (due.granted, due.state, due.for_s) == (True, "half_open", 0)

    async def test_trials_can_begin_early(self, stage: CircuitsStage) -> None:
        """A call got through: the open time is over, in its own generation only."""
        first = await opened(stage.one, for_s=20)
        second = await opened(stage.two, first.epoch, for_s=20)
        old = there(await stage.one.begin_trials(NAME, first.epoch))
        assert (old.state, old.epoch) == ("open", second.epoch)
        begun = there(await stage.one.begin_trials(NAME, second.epoch))
        assert (begun.state, begun.epoch) == ("half_open", second.epoch)
        assert (await probe(stage.two, second.epoch, "early")).granted

    async def test_a_closed_circuit_has_no_trials_to_begin(
        self, stage: CircuitsStage
    ) -> None:
        """Nor has one that nobody knows of."""
        there(await stage.one.begin_trials(NAME, 0))
        assert (await seen(stage.two)).state == "closed"
        epoch = await half_open(stage)
        for n in range(SUCCESSES):
            await probe(stage.one, epoch, f"trial_{n}")
            await report(stage.one, epoch, f"trial_{n}")
        there(await stage.two.begin_trials(NAME, epoch))
        assert (await seen(stage.one)).state == "closed"

    async def test_three_trials_in_all(self, stage: CircuitsStage) -> None:
        """However many ask at once, through whichever process."""
        epoch = await half_open(stage)
        asked = [
            probe((stage.one, stage.two)[n % 2], epoch, f"trial_{n}")
            for n in range(100)
        ]
        assert sum(one.granted for one in await asyncio.gather(*asked)) == LIMIT

    async def test_a_trial_given_back_is_free(self, stage: CircuitsStage) -> None:
        """At once, for any process; it tells nothing."""
        epoch = await half_open(stage)
        for n in range(LIMIT):
            await probe(stage.one, epoch, f"trial_{n}")
        assert not (await probe(stage.two, epoch, "more")).granted
        await report(stage.one, epoch, "trial_0", "none")
        assert (await probe(stage.two, epoch, "more")).granted
        assert not (await probe(stage.one, epoch, "again")).granted

    async def test_a_lost_trial_is_given_up(self, stage: CircuitsStage) -> None:
        """Its process died; a report that comes after all tells nothing."""
        epoch = await half_open(stage)
        for n in range(LIMIT):
            await probe(stage.one, epoch, f"trial_{n}", lost_s=0.2)
        await stage.pass_time(0.2 + SLACK_S)
        for n in range(LIMIT):
            assert (await probe(stage.two, epoch, f"new_{n}")).granted
        for n in range(LIMIT):
            await report(stage.one, epoch, f"trial_{n}")
        assert (await seen(stage.two)).state == "half_open"

    async def test_each_trial_has_its_own_time(self, stage: CircuitsStage) -> None:
        """One that is lost is given up while others go on."""
        epoch = await half_open(stage)
        await probe(stage.one, epoch, "lost", lost_s=0.2)
        for place in ("trial_1", "trial_2"):
            assert (await probe(stage.two, epoch, place)).granted
        assert not (await probe(stage.one, epoch, "early")).granted
        await stage.pass_time(0.2 + SLACK_S)
        assert (await probe(stage.one, epoch, "new")).granted
        assert not (await probe(stage.one, epoch, "more")).granted

    async def test_three_successes_anywhere_close(self, stage: CircuitsStage) -> None:
        """For all; a fourth report changes nothing."""
        epoch = await half_open(stage)
        for n, circuits in enumerate((stage.one, stage.two, stage.one)):
            await probe(circuits, epoch, f"trial_{n}")
        await report(stage.one, epoch, "trial_0")
        assert (await report(stage.two, epoch, "trial_1")).state == "half_open"
        assert (await report(stage.one, epoch, "trial_2")).state == "closed"
        closed = await seen(stage.two)
        assert (closed.state, closed.epoch, closed.ramps) == ("closed", epoch, True)
        asked = await probe(stage.two, epoch, "late")
        assert (asked.granted, asked.state) == (False, "closed")

    async def test_slow_trials_are_counted(self, stage: CircuitsStage) -> None:
        """They close nothing."""
        epoch = await half_open(stage)
        for n in range(LIMIT):
            await probe(stage.one, epoch, f"trial_{n}")
            told = await report(stage.two, epoch, f"trial_{n}", "slow")
            assert (told.slow, told.state) == (n + 1, "half_open")

    async def test_an_opening_ends_all_trials(self, stage: CircuitsStage) -> None:
        """Their reports belong to an old generation; the next has all its trials."""
        old = await half_open(stage)
        for n in range(LIMIT):
            await probe(stage.one, old, f"trial_{n}")
        new = (await opened(stage.two, old)).epoch
        for n in range(LIMIT):
            told = await report(stage.one, old, f"trial_{n}")
            assert (told.epoch, told.state) == (new, "open")
        await stage.pass_time(OPEN_S + SLACK_S)
        for n in range(LIMIT):
            assert (await probe(stage.one, new, f"new_{n}")).granted
        # Nor does one that shares a name with a trial of the new one.
        assert (await report(stage.one, old, "new_0")).state == "half_open"
        assert not (await probe(stage.one, new, "more")).granted

    async def test_who_asked_in_an_old_generation_can_give_back(
        self, stage: CircuitsStage
    ) -> None:
        """It was granted in the new one, and the answer came too late to be known."""
        old = await half_open(stage)
        new = (await opened(stage.two, old)).epoch
        await stage.pass_time(OPEN_S + SLACK_S)
        for n in range(LIMIT):
            late = await probe(stage.one, old, f"late_{n}")
            assert (late.granted, late.epoch) == (True, new)
        assert not (await probe(stage.two, new, "more")).granted
        await report(stage.one, old, "late_0", "none")
        assert (await probe(stage.two, new, "more")).granted
        assert not (await probe(stage.two, new, "again")).granted

    async def test_who_knows_more_goes_on(self, stage: CircuitsStage) -> None:
        """Where all was lost, the asker's epoch is taken, and trials are counted."""
        first = await probe(stage.one, 77, "trial_0")
        assert (first.granted, first.epoch) == (True, 77)
        asked = [await probe(stage.two, 77, f"trial_{n}") for n in range(1, 5)]
        assert [one.granted for one in asked] == [True, True, False, False]
        other = there(await stage.one.probe("other", 0, "trial_0", LIMIT, LOST_S))
        assert other.granted
        assert other.epoch > 0

    async def test_who_knows_of_a_later_generation_goes_on(
        self, stage: CircuitsStage
    ) -> None:
        """What came after was lost, as by a failover: old closings and trials too."""
        epoch = await half_open(stage)
        for n in range(SUCCESSES):
            await probe(stage.one, epoch, f"trial_{n}")
            await report(stage.one, epoch, f"trial_{n}")
        later = epoch + 5
        for n in range(LIMIT):
            asked = await probe(stage.two, later, f"new_{n}")
            assert (asked.granted, asked.epoch) == (True, later)
            assert asked.state == "half_open"
        assert not (await probe(stage.one, later, "more")).granted
        assert not (await probe(stage.one, epoch, "old")).granted
        for n in range(SUCCESSES):
            await report(stage.two, later, f"new_{n}")
        assert (await seen(stage.one)).state == "closed"

    async def test_a_word_is_known_to_all(self, stage: CircuitsStage) -> None:
        """With its reason and the time it holds; the next takes its place."""
        first = there(await stage.one.force(NAME, "open", 10, "a drill")).force
        found = await seen(stage.two)
        assert found.force is not None
        assert first is not None
        assert (found.force.state, found.force.reason) == ("open", "a drill")
        assert 10 - SLACK_S <= found.force.for_s <= 10
        assert (found.state, found.force.number) == ("open", first.number)
        closed = there(await stage.two.force(NAME, "closed", 0.2, ""))
        assert closed.force is not None
        assert closed.force.number > first.number
        assert closed.state == "closed"
        await stage.pass_time(0.2 + SLACK_S)
        over = (await seen(stage.one)).force
        assert over is not None
        assert (over.number, over.for_s) == (closed.force.number, 0)

    async def test_a_forced_opening_ends_in_trials(self, stage: CircuitsStage) -> None:
        """When its time is over, or when it is taken back."""
        await stage.one.force(NAME, "open", 0.2, "")
        epoch = (await seen(stage.two)).epoch
        assert not (await probe(stage.two, epoch, "early")).granted
        await stage.pass_time(0.2 + SLACK_S)
        assert (await probe(stage.two, epoch, "trial_0")).granted
        await stage.one.force(NAME, "open", 60, "")
        assert (await seen(stage.two)).state == "open"
        taken_back = there(await stage.two.force(NAME, "auto", 60, ""))
        assert taken_back.state == "half_open"
        assert (await probe(stage.one, taken_back.epoch, "trial_1")).granted

    async def test_taking_back_ends_no_other_opening(
        self, stage: CircuitsStage
    ) -> None:
        """``auto`` after nothing leaves an opening by failures as it is."""
        first = await opened(stage.one, for_s=20)
        told = there(await stage.two.force(NAME, "auto", 60, ""))
        assert (told.epoch, told.state) == (first.epoch, "open")
