"""A disturbance of the database for drills: its sessions end, as at a restart."""

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.stores.postgres.connection import Address, session
from mainstay.stores.statements import load

SQL = load("postgres", "disturbance")

AGAIN_S = 0.25
"""Sessions that were made meanwhile are ended again, so that none gets far."""


async def disturb(address: Address, for_s: float, clock: Clock) -> None:
    """End every session of this user with this database, for so many seconds.

    Raises:
        StoreUnavailable: the database could not be reached even once.
    """
    until_s, begun = clock.monotonic_s() + for_s, False
    while (left_s := until_s - clock.monotonic_s()) > 0:
        try:
            async with session(address) as connection:
                await connection.execute(SQL["end_sessions"])
        except StoreUnavailable:
            # All who come back at once may leave no room: it is away all the more.
            if not begun:
                raise
        begun = True
        await clock.sleep(min(AGAIN_S, left_s))
