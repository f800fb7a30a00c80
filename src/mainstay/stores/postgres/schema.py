"""Brings a database to the schema that this version needs."""

from collections.abc import Sequence

from mainstay.domain.errors import MainstayError
from mainstay.domain.schema import BOTH, Migrated, Phase
from mainstay.domain.version import VERSION
from mainstay.ports.clock import Clock
from mainstay.stores.migration.check import check
from mainstay.stores.postgres.connection import Address, session
from mainstay.stores.postgres.revisions import (
    FUNCTIONS,
    HEAD,
    NEEDS,
    SEARCH_PATH,
    has_functions,
    recorded,
)

__all__ = ["FUNCTIONS", "HEAD", "SEARCH_PATH", "ensure", "migrate", "prepare"]


async def ensure(address: Address) -> None:
    """Return if the database has what this version needs.

    Raises:
        MainstayError: it has not, or is of a version that ended this one's time.
        StoreUnavailable: the database cannot be reached.
    """
    async with session(address) as connection:
        check(await recorded(connection), needs=NEEDS, head=HEAD)
        if not await has_functions(connection):
            raise MainstayError(
                f"the database has not the functions of version {VERSION} "
                f"({FUNCTIONS}); run: mainstay migrate --phase pre"
            )


async def prepare(address: Address, clock: Clock) -> None:
    """Make the schema where there is none, or add what this version needs.

    Raises:
        MainstayError: the database is of a version that ended this one's time.
        StoreUnavailable: the database cannot be reached.
    """
    if not await _is_ready(address):
        await migrate(address, clock, ("pre",))
    await ensure(address)


async def migrate(
    address: Address, clock: Clock, phases: Sequence[Phase] = BOTH
) -> Migrated:
    """Upgrade the database.

    Raises:
        OldProcesses: a revision must wait for them.
        StoreUnavailable: the database cannot be reached.
    """
    from mainstay.stores.postgres.migration import Migration

    return await Migration(address, clock).run(phases)


async def _is_ready(address: Address) -> bool:
    """Tell whether nothing is to be done, without loading what would do it."""
    async with session(address) as connection:
        numbers = {one.number for one in await recorded(connection)}
        return NEEDS in numbers and await has_functions(connection)
