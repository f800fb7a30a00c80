"""What the database says of its schema, and what this version has of its own in it."""

from mainstay.domain.schema import Applied
from mainstay.domain.version import VERSION
from mainstay.stores.migration.check import FIRST
from mainstay.stores.postgres.driver import Connection
from mainstay.stores.postgres.functions import set_name

SCHEMA = "mainstay"
"""Where the tables are; the database may hold others' tables beside them."""

HEAD = "0009"
"""The newest revision in ``migrations/versions``."""

NEEDS = "0009"
"""The newest of them that is marked ``pre``."""

FUNCTIONS = set_name()
"""The schema of this version's functions; other versions' are beside it."""

SEARCH_PATH = f"{FUNCTIONS},{SCHEMA}"

IDENTITY = (VERSION, HEAD, FUNCTIONS)
"""What a process tells of itself, beside its name: what it can run on."""


async def recorded(connection: Connection) -> list[Applied]:
    """Return the database's revisions, none when it has no schema yet."""
    if await _has(connection, "revisions"):
        rows = await connection.fetch(
            "SELECT number, phase, version FROM mainstay.revisions ORDER BY number"
        )
        return [Applied(*row) for row in rows]
    if not await _has(connection, "alembic_version"):
        return []
    found = await connection.fetchval("SELECT 1 FROM mainstay.alembic_version")
    return [FIRST] if found else []


async def has_functions(connection: Connection) -> bool:
    """Tell whether this version's functions are there."""
    query = "SELECT 1 FROM pg_namespace WHERE nspname = $1"
    return await connection.fetchval(query, FUNCTIONS) is not None


async def _has(connection: Connection, table: str) -> bool:
    query = "SELECT to_regclass($1) IS NOT NULL"
    found: bool = await connection.fetchval(query, f"{SCHEMA}.{table}")
    return found
