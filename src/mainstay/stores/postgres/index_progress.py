"""How far an index is that a session builds, told by another one."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.resilience.background import end
from mainstay.stores.postgres.connection import Address, connect

EVERY_S = 2.0
FAR = """
SELECT format('index %s: %s, %s of %s blocks',
              index_relid::regclass, phase, blocks_done, blocks_total)
FROM pg_stat_progress_create_index WHERE pid = $1
"""


@asynccontextmanager
async def reported(
    address: Address, pid: int, clock: Clock, tell: Callable[[str], None]
) -> AsyncGenerator[None]:
    """Tell a line every 2 s while the session ``pid`` builds an index."""
    task = asyncio.create_task(_report(address, pid, clock, tell))
    try:
        yield
    finally:
        await end(task)


async def _report(
    address: Address, pid: int, clock: Clock, tell: Callable[[str], None]
) -> None:
    try:
        session = await connect(address)
    except StoreUnavailable:
        return  # no connection to spare: the index is built all the same
    try:
        while True:
            await clock.sleep(EVERY_S)
            if line := await session.fetchval(FAR, pid):
                tell(line)
    finally:
        session.terminate()
