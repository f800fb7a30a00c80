"""Two processes count at once on PostgreSQL: exact, and never in a circle."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from tests.conformance.postgres_ports import (
    DatabaseClock,
    address_of,
    empty,
    opened,
)

from mainstay.domain.spend import Amount
from mainstay.ports.journal import Ending
from mainstay.testing.store_conformance.ports import StorePorts, reply

CUSTOMERS = ("ada", "bob", "eve", "kim", "zoe")
TALKS = 120
ROUNDS = 4
LOCK = "SELECT FROM mainstay.spend WHERE customer_id = $1 FOR UPDATE NOWAIT"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


class Sides:
    """Two processes on one store, and a connection beside them."""

    def __init__(self, one: StorePorts, two: StorePorts, control: Any) -> None:
        self.one, self.two, self.control = one, two, control


@pytest_asyncio.fixture
async def sides() -> AsyncIterator[Sides]:
    """Give a fresh store."""
    url = await empty()
    async with AsyncExitStack() as scope:
        clock = DatabaseClock(url.rsplit("/", 1)[1])
        one, two = [
            await scope.enter_async_context(opened(url, clock)) for _ in range(2)
        ]
        control: Any = await asyncpg.connect(**address_of(url).options(url))
        scope.push_async_callback(control.close)
        yield Sides(one, two, control)


async def end_all(ports: StorePorts, ids: list[str], owner: str) -> None:
    """Claim and end a turn of each conversation, all at once."""
    claims = await ports.leases.claim(ids, owner)
    assert len(claims) == len(ids)
    ending = Ending(reply(), "answered", spent=Amount(3, 0.5))
    await asyncio.gather(*(ports.journal.finish(c, ending) for c in claims))


async def say_in(ports: StorePorts, ids: list[str]) -> None:
    """Say something in each conversation."""
    await asyncio.gather(*(ports.say(id_) for id_ in ids))


async def test_two_processes_lose_nothing(sides: Sides) -> None:
    """Each ends turns of all customers, in groups, at the same time."""
    ids = [await sides.one.open(CUSTOMERS[n % 5]) for n in range(TALKS)]
    for _ in range(ROUNDS):
        await say_in(sides.one, ids)
        await asyncio.gather(
            end_all(sides.one, ids[::2], "one"), end_all(sides.two, ids[1::2], "two")
        )
    today = await sides.two.spend.today(9)
    ended = ROUNDS * TALKS
    assert today.total == Amount(3 * ended, ended / 2)
    each = Amount(3 * ended // 5, ended / 10)
    assert today.customers == dict.fromkeys(CUSTOMERS, each)


async def test_a_group_locks_customers_in_their_order(sides: Sides) -> None:
    """Whatever the order of its conversations, or two groups would wait in a circle."""
    ids = sorted([await sides.one.open() for _ in range(2)])
    owners = "UPDATE mainstay.conversations SET customer_id = $2 WHERE id = $1"
    for id_, customer in zip(ids, ("zoe", "ada"), strict=True):
        await sides.control.execute(owners, id_, customer)
    await say_in(sides.one, ids)
    await end_all(sides.one, ids, "one")
    await say_in(sides.one, ids)
    async with sides.control.transaction():
        await sides.control.execute(LOCK, "zoe")
        ending = asyncio.create_task(end_all(sides.one, ids, "one"))
        while not await sides.control.fetchval(WAITING):
            assert not ending.done()
        with pytest.raises(asyncpg.LockNotAvailableError):
            async with sides.control.transaction():
                await sides.control.execute(LOCK, "ada")
    await ending
