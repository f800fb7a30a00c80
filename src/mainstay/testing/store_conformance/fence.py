"""What a fence must stop, however the lease behind it was lost; run it on your store.

Give ``FenceConformance`` the same ``ports`` fixture as the suites in
``store_conformance``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from mainstay.domain.errors import Conflict, LeaseLost, TakenOver
from mainstay.domain.turn import Claim
from mainstay.ports.journal import EffectChange, Ending, Entry
from mainstay.testing.store_conformance.ports import (
    LEASE_S,
    StorePorts,
    answered,
    effect,
    reply,
    thought,
)

Loss = Callable[[StorePorts, Claim], Awaitable[None]]


async def to_another(ports: StorePorts, claim: Claim) -> None:
    """Let the lease end and another process win it."""
    ports.clock.advance(LEASE_S)
    await ports.claim(claim.lease.conversation_id, "two")


async def to_itself(ports: StorePorts, claim: Claim) -> None:
    """Let the lease end and the same process win it again."""
    ports.clock.advance(LEASE_S)
    await ports.claim(claim.lease.conversation_id, claim.lease.owner)


async def to_a_heir(ports: StorePorts, claim: Claim) -> None:
    """Bury the process while it still works."""
    await ports.leases.bury(claim.lease.owner)
    await ports.claim(claim.lease.conversation_id, "two")


async def to_the_next(ports: StorePorts, claim: Claim) -> None:
    """Give the lease back, and have the same process win it again."""
    await ports.leases.release(claim.lease)
    await ports.claim(claim.lease.conversation_id, claim.lease.owner)


async def to_a_human_and_back(ports: StorePorts, claim: Claim) -> None:
    """Let a human own the conversation for a while; more is said, and claimed."""
    id_ = claim.lease.conversation_id
    await ports.desk.take_over(id_, "op", "test")
    await ports.desk.reply(id_, "op", "I am here.")
    await ports.desk.hand_back(id_, "op")
    await ports.say(id_, "And you?")
    ports.clock.advance(LEASE_S)
    await ports.claim(id_, claim.lease.owner)


LOSSES = (to_another, to_itself, to_a_heir, to_the_next, to_a_human_and_back)


def writes(ports: StorePorts, claim: Claim) -> list[Coroutine[Any, Any, object]]:
    """Return every fenced act of a holder, each with all that it could leave behind."""
    journal, done = ports.journal, EffectChange("k1", "committed", None, "Paid 5.")
    return [
        journal.load(claim),
        journal.append(claim, Entry([thought("stale")])),
        journal.append(claim, Entry(intended=[effect(claim, "k2")], needs_ai=True)),
        journal.append(claim, Entry(changed=[done])),
        journal.finish(claim, Ending(reply("Stale"), "answered", [thought()], [done])),
        journal.finish(claim, Ending(reply("Stale"), "handed_off", escalate="stale")),
        journal.finish(claim, Ending(reply("Stale", 4), "dead", escalate="stale")),
        journal.postpone(claim, 60, orderly=True),
    ]


async def traces(ports: StorePorts, claim: Claim) -> tuple[object, ...]:
    """Return all that a write could change, as readers see it."""
    id_ = claim.lease.conversation_id
    return (
        await ports.conversations.get(id_),
        await ports.conversations.messages(id_, 0, 1000),
        await ports.conversations.events(id_, 0, 1000),
        await ports.conversations.turn(claim.turn.id),
        await ports.desk.escalations(),
        await ports.desk.dead(),
        await ports.schedule.stats(),
        await ports.audit.verify(),
    )


class FenceConformance:
    """The fence of ``ports.Journal`` and ``ports.Leases``, from every side."""

    pytestmark = pytest.mark.asyncio

    @pytest.mark.parametrize("lose", LOSSES)
    async def test_an_old_fence_writes_nothing(
        self, ports: StorePorts, lose: Loss
    ) -> None:
        """Each write is refused and leaves no trace, whoever won the lease since."""
        _, claim = await ports.begin()
        await ports.journal.append(claim, Entry(intended=[effect(claim, "k1")]))
        await lose(ports, claim)
        before = await traces(ports, claim)
        for write in writes(ports, claim):
            with pytest.raises((LeaseLost, TakenOver)):
                await write
            assert await traces(ports, claim) == before

    @pytest.mark.parametrize("lose", LOSSES)
    async def test_an_old_fence_frees_nothing(
        self, ports: StorePorts, lose: Loss
    ) -> None:
        """A late release leaves the new holder's lease alone, also under one name."""
        id_, claim = await ports.begin()
        await lose(ports, claim)
        before = await traces(ports, claim)
        await ports.leases.release(claim.lease)
        assert await traces(ports, claim) == before
        assert await ports.leases.claim([id_], "three") == []

    async def test_a_takeover_stops_the_holder_at_once(self, ports: StorePorts) -> None:
        """What needs the AI is refused under a lease that still holds."""
        id_, claim = await ports.begin()
        await ports.desk.take_over(id_, "op", "test")
        said = await ports.conversations.events(id_, 0, 1000)
        needing = Entry([thought()], intended=[effect(claim, "k1")], needs_ai=True)
        for write in (
            ports.journal.append(claim, needing),
            ports.journal.finish(claim, answered("Stale")),
        ):
            with pytest.raises(TakenOver):
                await write
        assert await ports.conversations.events(id_, 0, 1000) == said
        view = await ports.turn(claim.turn.id)
        assert (view.steps, view.effects, view.reply) == ([], [], None)

    @pytest.mark.parametrize("ends", ["finish", "postpone"])
    async def test_a_refused_end_is_an_end(self, ports: StorePorts, ends: str) -> None:
        """After a takeover the attempt's end writes no reply, but ends the lease."""
        id_, claim = await ports.begin()
        await ports.journal.append(claim, Entry(intended=[effect(claim, "k1")]))
        await ports.desk.take_over(id_, "op", "test")
        assert await ports.watch.doubt_abandoned() == 0
        acts = {
            "finish": lambda: ports.journal.finish(claim, answered()),
            "postpone": lambda: ports.journal.postpone(claim, 0, orderly=True),
        }
        with pytest.raises(TakenOver):
            await acts[ends]()
        assert await ports.watch.doubt_abandoned() == 1
        with pytest.raises((LeaseLost, TakenOver)):
            await ports.journal.append(claim, Entry([thought("late")]))

    async def test_each_claim_has_its_own_epoch(self, ports: StorePorts) -> None:
        """Epochs only rise, whatever ended the lease before."""
        id_, claim = await ports.begin()
        epochs = [claim.lease.lease_epoch]
        for lose in (*LOSSES, to_another):
            await lose(ports, claim)
            ports.clock.advance(LEASE_S)
            claim = await ports.claim(id_)
            epochs.append(claim.lease.lease_epoch)
        assert epochs == sorted(set(epochs))

    async def test_a_renewal_names_the_lease_that_holds(
        self, ports: StorePorts
    ) -> None:
        """Who lost a lease and won it again learns which of the two it has."""
        id_, old = await ports.begin()
        await to_itself(ports, old)
        renewed = await asyncio.to_thread(ports.leases.renew, "one", [id_])
        assert renewed == {(id_, old.lease.lease_epoch + 1)}

    async def test_only_what_is_held_is_renewed(self, ports: StorePorts) -> None:
        """A lease that its process no longer works on runs out, renewals or not."""
        kept, _ = await ports.begin()
        left, _ = await ports.begin()
        for _ in range(2):
            ports.clock.advance(LEASE_S - 1)
            renewed = await asyncio.to_thread(ports.leases.renew, "one", [kept])
            assert [id_ for id_, _ in renewed] == [kept]
        assert await ports.leases.claim([kept], "two") == []
        assert len(await ports.leases.claim([left], "two")) == 1

    async def test_one_burial_frees_one_process(self, ports: StorePorts) -> None:
        """The living keep what they hold."""
        dead, _ = await ports.begin()
        alive = await ports.open()
        await ports.say(alive)
        claim = await ports.claim(alive, "two")
        assert await ports.leases.bury("one") == [dead]
        assert await ports.leases.claim([alive], "three") == []
        await ports.journal.finish(claim, answered())
        assert len(await ports.leases.claim([dead], "three")) == 1

    async def test_an_effect_is_settled_by_its_own_turn(
        self, ports: StorePorts
    ) -> None:
        """A holder changes nothing in the ledger of another turn."""
        _, one = await ports.begin()
        _, two = await ports.begin()
        await ports.journal.append(one, Entry(intended=[effect(one, "k1")]))
        stolen = EffectChange("k1", "failed")
        await ports.journal.append(two, Entry(changed=[stolen]))
        (kept,) = (await ports.turn(one.turn.id)).effects
        assert kept.state == "intended"

    async def test_a_refused_entry_leaves_no_trace(self, ports: StorePorts) -> None:
        """Nothing of it is kept: no step, no settled effect, no link of the chain."""
        _, claim = await ports.begin()
        first = effect(claim, "k1", "order 7")
        await ports.journal.append(claim, Entry(intended=[first]))
        before = await traces(ports, claim)
        settled = [EffectChange("k1", "unknown")]
        second = [effect(claim, "k2"), effect(claim, "k3", "order 7")]
        with pytest.raises(Conflict):
            await ports.journal.append(claim, Entry([thought()], second, settled))
        assert await traces(ports, claim) == before
        await ports.journal.append(claim, Entry(intended=[effect(claim, "k2")]))

    async def test_a_refusal_in_a_crowd_is_its_own(self, ports: StorePorts) -> None:
        """Of writes at the same time the bad one fails alone, and leaves nothing."""
        _, one = await ports.begin()
        _, two = await ports.begin()
        await ports.journal.append(one, Entry(intended=[effect(one, "k1", "order 7")]))
        bad = Entry([thought("bad")], intended=[effect(two, "k2", "order 7")])
        outcomes = await asyncio.gather(
            *(ports.journal.append(one, Entry([thought(f"n {n}")])) for n in range(8)),
            ports.journal.append(two, bad),
            *(ports.journal.append(one, Entry([thought(f"m {n}")])) for n in range(8)),
            return_exceptions=True,
        )
        refused = [outcome for outcome in outcomes if outcome is not None]
        assert [type(outcome) for outcome in refused] == [Conflict]
        assert len((await ports.turn(one.turn.id)).steps) == 16
        left = await ports.turn(two.turn.id)
        assert (left.steps, left.effects) == ([], [])
        assert (await ports.audit.verify()).intact
