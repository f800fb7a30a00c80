"""A PostgreSQL store with a long past: filled table by table, indexed afterwards."""

import random
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mainstay.stores.postgres import schema
from mainstay.stores.postgres.connection import Address
from mainstay.testing.servers.postgres import PostgresServer

MESSAGES_EACH = 10
"""Messages of a conversation."""

OPEN = 3_000
"""Conversations with work, whatever the size of the past."""

GROWING = (
    *("messages", "events", "steps", "audit", "turns", "conversations", "effects"),
    *("idempotency", "escalations", "approvals", "spend"),
)
"""Tables that grow with the messages, the largest first."""

_SCRIPTS = Path(__file__).with_name("sql") / "archive.sql"
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)

# Nothing here has to survive a crash, and nobody reads meanwhile.
_FILLING = {
    "fsync": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_wal_size": "'8GB'",
    "maintenance_work_mem": "'1GB'",
    "synchronous_commit": "off",
}

# How an index is dropped and made again: by itself, or as its constraint.
_INDEXES = """
SELECT CASE WHEN c.oid IS NULL THEN 'DROP INDEX mainstay.' || i.relname
  ELSE 'ALTER TABLE mainstay.' || t.relname || ' DROP CONSTRAINT ' || c.conname END,
  CASE WHEN c.oid IS NULL THEN pg_get_indexdef(i.oid)
  ELSE 'ALTER TABLE mainstay.' || t.relname || ' ADD CONSTRAINT ' || c.conname || ' '
       || pg_get_constraintdef(c.oid) END
FROM unnest('{%s}'::name[]) WITH ORDINALITY AS growing (name, n)
JOIN pg_class t ON t.relname = growing.name
  AND t.relnamespace = 'mainstay'::regnamespace
JOIN pg_index x ON x.indrelid = t.oid
JOIN pg_class i ON i.oid = x.indexrelid
LEFT JOIN pg_constraint c ON c.conindid = i.oid
ORDER BY growing.n, i.relname
"""


def fill(server: PostgresServer, database: str, messages: int) -> None:
    """Give a migrated database a past of so many messages, and statistics.

    The server is restarted twice: for the fill it neither syncs nor logs.

    Raises:
        ValueError: so few messages leave no conversation without work.
    """
    if messages // MESSAGES_EACH <= OPEN:
        raise ValueError(f"an archive has more than {OPEN * MESSAGES_EACH:,} messages")
    settings = [f"ALTER SYSTEM SET {name} = {v}" for name, v in _FILLING.items()]
    _configure(server, settings)
    indexes = _indexes(server, database)
    for drop, _ in indexes:
        server.sql(drop, database)
    scripts = _scripts(messages // MESSAGES_EACH)
    # What goes into a table that this transaction emptied is not logged.
    fillings = [f"TRUNCATE {table}; {scripts[table]}" for table in GROWING]
    _in_parallel(server, database, fillings)
    _in_parallel(server, database, [create for _, create in indexes])
    server.sql(f"SET search_path TO {schema.SEARCH_PATH}; {scripts['open']}", database)
    analyze = [f"VACUUM ANALYZE mainstay.{table}" for table in GROWING]
    _in_parallel(server, database, analyze, alone=True)
    server.sql("CHECKPOINT", database)
    _configure(server, ["ALTER SYSTEM RESET ALL"])


def due_ids(messages: int) -> Iterator[str]:
    """Yield the free conversations with work, in an order that jumps."""
    conversations = messages // MESSAGES_EACH
    step = conversations // OPEN
    some = [i for i in range(1, OPEN + 1) if i % 4 >= 2]  # noqa: PLR2004 - half
    return (_id(i * step) for i in random.Random(1).sample(some, len(some)))


def done_ids(messages: int) -> Iterator[str]:
    """Yield conversations without work, each once, in an order that jumps."""
    conversations = messages // MESSAGES_EACH
    step = conversations // OPEN
    chance, seen = random.Random(2), set[int]()
    while True:
        n = chance.randint(1, conversations)
        if n in seen or (n % step == 0 and n // step <= OPEN):
            continue
        seen.add(n)
        yield _id(n)


def _id(n: int) -> str:
    return f"conv_{n:026d}"


def address_of(server: PostgresServer, database: str) -> Address:
    """Return how the store reaches a database."""
    url = server.url(database)
    return Address(url=url, timeout_s=30, search_path=schema.SEARCH_PATH)


def _configure(server: PostgresServer, statements: Sequence[str]) -> None:
    for statement in statements:
        server.sql(statement)
    server.stop()
    server.start()


def _scripts(conversations: int) -> dict[str, str]:
    parts = _NAME.split(_SCRIPTS.read_text("utf-8"))
    amounts = {"$C": str(conversations), "$O": str(OPEN)}
    return {
        name: re.sub(r"\$[CO]", lambda found: amounts[found[0]], body)
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def _indexes(server: PostgresServer, database: str) -> list[tuple[str, str]]:
    """Return how each index of those tables is dropped, and how it is made."""
    found = server.sql(_INDEXES % ",".join(GROWING), database)
    pairs = [line.split("|", 1) for line in found.splitlines()]
    return [(drop, create) for drop, create in pairs]


def _in_parallel(
    server: PostgresServer,
    database: str,
    scripts: Sequence[str],
    *,
    alone: bool = False,
) -> None:
    """Run scripts two at a time; ``alone`` ones take no transaction."""
    path = "" if alone else f"SET search_path TO {schema.SEARCH_PATH}; "
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(lambda one: server.sql(path + one, database), scripts):
            pass
