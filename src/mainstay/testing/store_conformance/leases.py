"""Leases: one holder at a time, by the store's clock, fenced."""

import asyncio

import pytest

from mainstay.domain.errors import LeaseLost
from mainstay.ports.journal import Entry
from mainstay.testing.store_conformance.ports import (
    LEASE_S,
    StorePorts,
    answered,
    thought,
)


class LeasesConformance:
    """The contract of ``ports.Leases``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_one_of_many_wins(self, ports: StorePorts) -> None:
        """Of eight who claim at once, one gets it."""
        id_ = await ports.open()
        await ports.say(id_)
        claims = await asyncio.gather(
            *(ports.leases.claim([id_], f"p{n}") for n in range(8))
        )
        assert sum(len(won) for won in claims) == 1

    async def test_only_due_work_is_claimed(self, ports: StorePorts) -> None:
        """Nothing to do, unknown and put off conversations are left out."""
        idle, due = await ports.open(), await ports.open()
        await ports.say(due)
        later, held = await ports.begin()
        await ports.journal.postpone(held, 5, orderly=True)
        won = await ports.leases.claim([idle, due, later, "conv_none"], "one")
        assert [c.lease.conversation_id for c in won] == [due]
        ports.clock.advance(5)
        assert len(await ports.leases.claim([later], "one")) == 1

    async def test_turns_come_in_order(self, ports: StorePorts) -> None:
        """The oldest open turn is claimed first."""
        id_, first = await ports.begin()
        await ports.say(id_, "Second")
        await ports.journal.postpone(first, 0, orderly=True)
        again = await ports.claim(id_)
        assert (again.turn.id, again.turn.attempt) == (first.turn.id, 2)
        await ports.journal.finish(again, answered())
        assert (await ports.claim(id_)).turn.first_seq == 2

    async def test_a_lease_ends_by_itself(self, ports: StorePorts) -> None:
        """Without a renewal it lasts 10 s; then anybody may go on."""
        id_, old = await ports.begin()
        ports.clock.advance(LEASE_S - 0.001)
        assert await ports.leases.claim([id_], "two") == []
        ports.clock.advance(0.001)
        new = await ports.claim(id_, "two")
        assert new.turn.id == old.turn.id
        assert new.lease.lease_epoch > old.lease.lease_epoch
        assert new.turn.strikes == 2

    async def test_a_renewal_prolongs_it(self, ports: StorePorts) -> None:
        """Counted from the renewal; it tells which leases still hold."""
        id_, claim = await ports.begin()
        ports.clock.advance(6)
        kept = await _renewed(ports, "one", id_)
        assert kept == {(id_, claim.lease.lease_epoch)}
        ports.clock.advance(6)
        assert await ports.leases.claim([id_], "two") == []

    async def test_what_ended_is_not_revived(self, ports: StorePorts) -> None:
        """Neither an ended lease, nor another's, nor one that was given back."""
        id_, claim = await ports.begin()
        assert await _renewed(ports, "two", id_) == set()
        ports.clock.advance(LEASE_S)
        assert await _renewed(ports, "one", id_) == set()
        again = await ports.claim(id_)
        await ports.leases.release(again.lease)
        assert await _renewed(ports, "one", id_) == set()
        assert again.lease.lease_epoch > claim.lease.lease_epoch

    async def test_a_release_gives_the_work_back(self, ports: StorePorts) -> None:
        """At once, and as no strike: the worker left in good order."""
        id_, claim = await ports.begin()
        await ports.leases.release(claim.lease)
        again = await ports.claim(id_, "two")
        assert (again.turn.id, again.turn.strikes) == (claim.turn.id, 1)

    async def test_an_old_release_ends_nothing(self, ports: StorePorts) -> None:
        """A lease that was lost cannot end the new holder's."""
        id_, old = await ports.begin()
        ports.clock.advance(LEASE_S)
        new = await ports.claim(id_, "two")
        await ports.leases.release(old.lease)
        assert await ports.leases.claim([id_], "three") == []
        await ports.journal.finish(new, answered())

    async def test_an_old_holder_writes_nothing(self, ports: StorePorts) -> None:
        """Each of its writes is refused, although its process does not know yet."""
        id_, old = await ports.begin()
        ports.clock.advance(LEASE_S)
        new = await ports.claim(id_, "two")
        for write in (
            ports.journal.load(old),
            ports.journal.append(old, Entry([thought()])),
            ports.journal.finish(old, answered("Stale")),
            ports.journal.postpone(old, 0, orderly=True),
        ):
            with pytest.raises(LeaseLost):
                await write
        assert (await ports.journal.load(new)).steps == []
        assert len(await ports.said(id_)) == 1

    async def test_the_same_owner_is_fenced_too(self, ports: StorePorts) -> None:
        """A process that lost its lease and won it again writes under the new one."""
        id_, old = await ports.begin()
        ports.clock.advance(LEASE_S)
        new = await ports.claim(id_)
        with pytest.raises(LeaseLost):
            await ports.journal.finish(old, answered("Stale"))
        await ports.journal.finish(new, answered("Fresh"))
        assert [text for _, _, text in await ports.said(id_)] == ["Hello", "Fresh"]

    async def test_the_dead_leave_their_leases_at_once(self, ports: StorePorts) -> None:
        """Burying a process frees what it held, and forgets it."""
        id_, claim = await ports.begin()
        await ports.leases.enlist("one", "/locks/one", "worker")
        assert await ports.leases.enlisted() == [("one", "/locks/one")]
        assert await ports.leases.bury("one") == [id_]
        assert await ports.leases.enlisted() == []
        again = await ports.claim(id_, "two")
        assert again.turn.id == claim.turn.id
        with pytest.raises(LeaseLost):
            await ports.journal.finish(claim, answered())

    async def test_it_is_known_how_many_serve_a_role(self, ports: StorePorts) -> None:
        """A process with several roles counts for each; a buried one for none."""
        assert await ports.leases.serving("gateway") == 0
        await ports.leases.enlist("one", "/locks/one", "gateway")
        await ports.leases.enlist("two", "/locks/two", "gateway+worker")
        await ports.leases.enlist("three", "/locks/three", "worker")
        assert await ports.leases.serving("gateway") == 2
        assert await ports.leases.serving("worker") == 2
        assert await ports.leases.serving("gate") == 0
        await ports.leases.bury("two")
        assert await ports.leases.serving("gateway") == 1


async def _renewed(ports: StorePorts, owner: str, id_: str) -> set[tuple[str, int]]:
    return await asyncio.to_thread(ports.leases.renew, owner, [id_])
