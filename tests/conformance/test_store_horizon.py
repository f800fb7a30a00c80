"""An old snapshot keeps what is dead; searches for work do not pass by it each time."""

import json
from typing import Any

import asyncpg
from tests.conformance.postgres_ports import DatabaseClock, address_of, empty, server

from mainstay.stores.postgres.horizon import WHOLE_EVERY_S, Horizon
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.schedule import SQL, PostgresSchedule
from mainstay.testing.clock import ManualClock

FILL = """
INSERT INTO mainstay.conversations (id, customer_id, channel, metadata, created_at_ms)
SELECT n::text, 'ada', 'test', '{}', 0 FROM generate_series(1, 3000) n
"""
WORK = "UPDATE mainstay.conversations SET ready_at_ms = mainstay.now_ms() - 120000"
DONE = "UPDATE mainstay.conversations SET ready_at_ms = NULL"


async def test_a_search_begins_where_the_oldest_work_was():
    """What a snapshot keeps of work that was done is passed by once, then no more."""
    url = await empty()
    name = url.rsplit("/", 1)[1]
    DatabaseClock(name)
    server().sql(FILL, name)
    keeper: Any = await asyncpg.connect(url)
    await keeper.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
    for statement in (WORK, DONE):
        server().sql(statement, name)
    reader = Reader(address_of(url), ManualClock(), 1)
    await reader.start()
    since_ms = await Horizon(reader, SQL["oldest"]).since_ms()
    looker: Any = await asyncpg.connect(**address_of(url).options(url))
    assert await _pages(looker, 0) > 100
    assert await _pages(looker, since_ms) < 10
    for connection in (keeper, looker):
        await connection.close()
    await reader.stop()


async def test_older_work_is_found_by_the_next_whole_look():
    """A server whose clock went back strands nothing."""
    url = await empty()
    name = url.rsplit("/", 1)[1]
    DatabaseClock(name)
    clock = ManualClock()
    reader = Reader(address_of(url), clock, 1)
    await reader.start()
    schedule = PostgresSchedule(reader)
    assert await schedule.take(5, 1000) == []
    server().sql(FILL, name)
    server().sql(f"{WORK} WHERE id = '7'", name)
    assert await schedule.take(5, 1000) == []
    clock.advance(WHOLE_EVERY_S)
    assert await schedule.take(5, 1000) == ["7"]
    await reader.stop()


async def _pages(connection: Any, since_ms: int) -> int:
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {SQL['any_due']}"
    (found,) = json.loads(await connection.fetchval(explain, 0, since_ms))
    plan = found["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
