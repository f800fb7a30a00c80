"""A stage on PostgreSQL: transactions pause between the statements of their functions.

Each side has a role of its own. Before a statement its session asks for an advisory
lock that the stage holds; the stage lets go of it for one step. Two locks a side take
turns, so that a session cannot slip through twice.
"""

import asyncio
import itertools
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
from tests.conformance.postgres_ports import (
    TEST_CLOCK,
    address_of,
    ports_of,
    server,
)
from tests.conformance.store_stage import SIDES

from mainstay.stores.postgres import schema
from mainstay.stores.postgres.connection import Address
from mainstay.stores.postgres.store import PostgresStore, open_store
from mainstay.system.clock import SystemClock
from mainstay.testing.clock import ManualClock
from mainstay.testing.ids import CountedIds

TEMPLATE = "template_of_stages"
_numbers = itertools.count(1)

# A sequence is not rolled back, so that it counts every step.
PAUSES = """
CREATE FUNCTION mainstay.pause() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  side integer := substr(session_user, 5);
  gate integer := 2 * side + nextval('mainstay.steps_of_' || session_user) % 2;
BEGIN
  PERFORM pg_advisory_lock(1, gate);
  PERFORM pg_advisory_unlock(1, gate);
  RETURN true;
END $$;

CREATE TABLE mainstay.test_log (
  n bigint GENERATED ALWAYS AS IDENTITY, conversation_id text, what text,
  lease_epoch bigint, owner_epoch bigint, lease_owner text, text text);

CREATE FUNCTION mainstay.log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'conversations' THEN
    INSERT INTO test_log (conversation_id, what, lease_epoch, owner_epoch, lease_owner)
    VALUES (new.id, 'conversation', new.lease_epoch, new.owner_epoch, new.lease_owner);
  ELSIF TG_TABLE_NAME = 'steps' THEN
    INSERT INTO test_log (conversation_id, what, text)
    SELECT conversation_id, 'step', new.body FROM turns WHERE id = new.turn_id;
  ELSE
    INSERT INTO test_log (conversation_id, what, text)
    VALUES (new.conversation_id, 'message', new.text);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER log AFTER UPDATE OF lease_epoch, owner_epoch, lease_owner
ON mainstay.conversations FOR EACH ROW EXECUTE FUNCTION mainstay.log();
CREATE TRIGGER log AFTER INSERT ON mainstay.steps
FOR EACH ROW EXECUTE FUNCTION mainstay.log();
CREATE TRIGGER log AFTER INSERT ON mainstay.messages
FOR EACH ROW EXECUTE FUNCTION mainstay.log();
"""

FUNCTIONS = f"""
SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = '{schema.FUNCTIONS}'::regnamespace AND l.lanname = 'plpgsql'
  AND p.proname NOT IN ('audit_entry', 'escalate', 'load_articles')
"""  # noqa: S608 - a constant

STATEMENT = re.compile(
    r"(SELECT|UPDATE|INSERT|DELETE|WITH|PERFORM 1|FOR \w+ IN SELECT \* |more :=)"
    r"|RETURN to_jsonb\(results\)"
)
BOUNDARY = (";", "BEGIN", "THEN", "ELSE", "LOOP")

STANDING = """
SELECT usename, pid, (SELECT pg_blocking_pids(pid)) FROM pg_stat_activity
WHERE usename LIKE 'side%' AND datname = current_database() AND state = 'active'
"""

Mutant = tuple[str, str, str]
"""A function, a text in it, and what is put in its place."""


def pausing(definition: str) -> str:
    """Return a PL/pgSQL function that pauses before its statements.

    ``IF`` leaves FOUND as it is; an empty ``PERFORM`` would not.
    """
    lines: list[str] = []
    between = inside = False
    for line in definition.splitlines():
        bare = line.strip()
        inside = inside or bare == "BEGIN"
        if inside and between and STATEMENT.match(bare):
            lines.append("IF pause() THEN END IF;")
        lines.append(line)
        between = bare.endswith(BOUNDARY) or (between and bare.startswith("--"))
    return "\n".join(lines)


class PostgresStage:
    """One database, a role for each side."""

    def __init__(self, control: Any, stores: Sequence[PostgresStore]) -> None:
        self._control = control
        self._pid = control.get_server_pid()
        self._steps = [1] * SIDES
        self.clock = ManualClock()
        self.sides = [ports_of(store, self.clock) for store in stores]

    async def prepare(self) -> None:
        """Close every gate, and set the database's clock."""
        for gate in range(2 * SIDES):
            await self._control.execute("SELECT pg_advisory_lock(1, $1)", gate)
        await self.advance(0)

    async def standing(self, acting: Mapping[int, asyncio.Task[Any]]) -> list[int]:
        """Return who stands before a gate, when nobody else can move.

        While a side waits for another's row only that other may go on: of two who wait
        for one row the server lets either through first, once its holder updated it.
        """
        while True:
            alive = {n for n, task in acting.items() if not task.done()}
            rows = await self._control.fetch(STANDING)
            at_gate = {_side(role) for role, _, by in rows if self._pid in by}
            resting = {_side(role) for role, _, by in rows if by}
            moving = {_side(role) for role, _, by in rows if not by}
            if alive <= resting and not moving & alive:
                waited_for = {pid for _, _, by in rows for pid in by} - {self._pid}
                holders = {_side(role) for role, pid, _ in rows if pid in waited_for}
                return sorted(at_gate & alive & holders or at_gate & alive)
            # Tasks run while the query does; one that is done shows at the next look.

    async def step(self, side: int) -> None:
        """Open the gate that it stands before, and close it behind it."""
        gate = 2 * side + self._steps[side] % 2
        self._steps[side] += 1
        through = "SELECT pg_advisory_unlock(1, $1), pg_advisory_lock(1, $1)"
        await self._control.execute(through, gate)

    async def let_go(self) -> None:
        """Open every gate for good."""
        await self._control.execute("SELECT pg_advisory_unlock_all()")

    async def advance(self, seconds: float) -> None:
        """Move both clocks."""
        self.clock.advance(seconds)
        tell = "UPDATE mainstay.test_clock SET ms = $1"
        await self._control.execute(tell, self.clock.now_ms())

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read over the stage's own connection."""
        return [tuple(row) for row in await self._control.fetch(sql)]


@asynccontextmanager
async def stage(mutant: Mutant | None = None) -> AsyncGenerator[PostgresStage]:
    """Set up a fresh database, with one function broken on purpose if one is named."""
    await _template()
    name = f"stage_{next(_numbers)}"
    server().sql(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    async with AsyncExitStack() as scope:
        control: Any = await asyncpg.connect(
            **address_of(server().url(name)).options(server().url(name))
        )
        scope.push_async_callback(control.close)
        if mutant is not None:
            await control.execute(await _broken(control, mutant))
        ids = CountedIds()
        stores = [await _opened(name, side, ids) for side in range(SIDES)]
        one = PostgresStage(control, stores)
        await one.prepare()
        try:
            yield one
        finally:
            await one.let_go()
            for store in stores:
                await store.stop()


async def _template() -> None:
    if TEMPLATE in server().sql("SELECT datname FROM pg_database").split():
        return
    url = server().create(TEMPLATE)
    await schema.migrate(address_of(url), SystemClock())
    for side in range(SIDES):
        server().sql(f"CREATE ROLE side{side} SUPERUSER LOGIN")
        server().sql(f"CREATE SEQUENCE mainstay.steps_of_side{side}", TEMPLATE)
    server().sql(TEST_CLOCK, TEMPLATE)
    server().sql(PAUSES, TEMPLATE)
    control: Any = await asyncpg.connect(**address_of(url).options(url))
    for _, definition in await control.fetch(FUNCTIONS):
        await control.execute(pausing(definition))
    await control.close()


async def _broken(control: Any, mutant: Mutant) -> str:
    name, text, instead = mutant
    for found, definition in await control.fetch(FUNCTIONS):
        if found == name:
            assert text in definition, f"{name} has no {text!r}"
            return definition.replace(text, instead)
    raise AssertionError(f"no function {name}")


async def _opened(name: str, side: int, ids: CountedIds) -> PostgresStore:
    url = server().url(name).replace("postgres@", f"side{side}@")
    address = Address(url=url, timeout_s=60, search_path=schema.SEARCH_PATH)
    return await open_store(
        address, SystemClock(), ids, pool_size=8, on_commit=lambda _: None
    )


def _side(role: str) -> int:
    return int(role.removeprefix("side"))
