"""Brings a database to the schema that this version needs."""

from typing import Any

from mainstay.domain.errors import MainstayError
from mainstay.stores.postgres.connection import Address, connect

SCHEMA = "mainstay"
"""Where the tables are; the database may hold others' tables beside them."""

HEAD = "0001"
"""The newest revision in ``migrations/versions``."""

FUNCTIONS = "mainstay_0001"
"""The schema of this version's functions. Those of the version before stay beside them
until the release is over, so that both can run at once."""

SEARCH_PATH = f"{FUNCTIONS},{SCHEMA}"


async def current(address: Address) -> str | None:
    """Return the database's revision, None when it has no schema yet.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """
    connection = await connect(address)
    try:
        known = await connection.fetchval(
            "SELECT to_regclass('mainstay.alembic_version')"
        )
        if known is None:
            return None
        revision: str | None = await connection.fetchval(
            "SELECT version_num FROM mainstay.alembic_version"
        )
        return revision
    finally:
        await connection.close()


async def ensure(address: Address) -> None:
    """Return if the database has what this version needs.

    Raises:
        MainstayError: it has not.
        StoreUnavailable: the database cannot be reached.
    """
    found = await current(address)
    if found is None or found < HEAD:
        told = "no schema" if found is None else f"schema {found}"
        raise MainstayError(
            f"the database has {told}, this version needs {HEAD}; run: mainstay migrate"
        )


async def migrate(address: Address) -> tuple[str | None, str]:
    """Upgrade the database to HEAD; processes that start together take turns.

    Returns:
        The revision before and after.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """
    lock = await connect(address)
    try:
        await lock.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        await lock.execute("SELECT pg_advisory_lock(hashtextextended('mainstay', 0))")
        before = await current(address)
        if before != HEAD:
            await _upgrade(address)
    finally:
        await lock.close()
    return before, HEAD


async def _upgrade(address: Address) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    config = Config()
    config.set_main_option("script_location", "mainstay.stores.postgres:migrations")

    def run(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async def creator() -> Any:
        return await connect(address)

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=creator, poolclass=NullPool
    )
    async with engine.begin() as connection:
        await connection.exec_driver_sql("SET statement_timeout = 0")
        await connection.run_sync(run)
    await engine.dispose()
