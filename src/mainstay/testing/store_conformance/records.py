"""Schedule, keys and audit."""

import pytest

from mainstay.domain.errors import NotFound
from mainstay.testing.store_conformance.ports import StorePorts, answered


class ScheduleConformance:
    """The contract of ``ports.Schedule``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_the_oldest_comes_first_and_is_hidden(
        self, ports: StorePorts
    ) -> None:
        """What was taken is taken by nobody else until its time is over."""
        ids: list[str] = []
        for _ in range(3):
            ids.append(await ports.open())
            await ports.say(ids[-1])
            ports.clock.advance(1)
        assert await ports.schedule.take(2, 5000) == ids[:2]
        assert await ports.schedule.take(2, 5000) == ids[2:]
        assert await ports.schedule.take(2, 5000) == []
        ports.clock.advance(5)
        assert set(await ports.schedule.take(9, 5000)) == set(ids)

    async def test_what_is_given_back_waits(self, ports: StorePorts) -> None:
        """For as long as was asked."""
        id_ = await ports.open()
        await ports.say(id_)
        await ports.schedule.take(1, 60_000)
        await ports.schedule.give_back([id_], 3000)
        assert await ports.schedule.take(1, 0) == []
        ports.clock.advance(3)
        assert await ports.schedule.take(1, 0) == [id_]

    async def test_the_backlog_is_counted(self, ports: StorePorts) -> None:
        """Ready, in flight and delayed conversations, and the oldest's age."""
        await ports.say(await ports.open())
        _, delayed = await ports.begin()
        await ports.journal.postpone(delayed, 60, orderly=True)
        await ports.begin()
        ports.clock.advance(2)
        stats = await ports.schedule.stats()
        assert (stats.ready, stats.in_flight, stats.delayed) == (1, 1, 1)
        assert stats.oldest_age_s == pytest.approx(2)
        assert stats.exact


class KeysConformance:
    """The contract of ``ports.Keys``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_a_key_is_found_by_its_digest(self, ports: StorePorts) -> None:
        """The same digest again is the same key."""
        key = await ports.keys.add(b"1" * 32, "operator", "shop")
        assert await ports.keys.add(b"1" * 32, "client", "other") == key
        assert await ports.keys.find(b"1" * 32) == key
        assert await ports.keys.find(b"2" * 32) is None
        assert await ports.keys.list() == [key]

    async def test_a_revoked_key_says_so(self, ports: StorePorts) -> None:
        """It is still found, with the time of its end; an unknown one is not."""
        key = await ports.keys.add(b"1" * 32, "client", "shop")
        ports.clock.advance(1)
        ended = await ports.keys.revoke(key.id)
        assert ended.revoked_at_ms == key.created_at_ms + 1000
        assert await ports.keys.find(b"1" * 32) == ended
        with pytest.raises(NotFound):
            await ports.keys.revoke("key_none")


class AuditConformance:
    """The contract of ``ports.Audit``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_the_chain_grows_with_what_mattered(self, ports: StorePorts) -> None:
        """Accepts, ends and changes of owner are links of one unbroken chain."""
        before = await ports.audit.verify()
        id_, claim = await ports.begin()
        await ports.journal.finish(claim, answered())
        await ports.desk.take_over(id_, "op", "test")
        after = await ports.audit.verify()
        assert after.intact
        assert after.entries >= before.entries + 4
        assert after.head != before.head

    async def test_a_note_is_a_link(self, ports: StorePorts) -> None:
        """What happens outside the store has its entry too, whatever its words."""
        before = await ports.audit.verify()
        detail = {"state": "open", "reason": 'a "drill" \u2026 \N{SNOWMAN}'}
        await ports.audit.note("key:1", "breaker.forced", "tool/refund", detail)
        after = await ports.audit.verify()
        assert after.intact
        assert after.entries == before.entries + 1
        assert after.head != before.head
