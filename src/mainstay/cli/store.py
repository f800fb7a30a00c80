"""The store, opened directly: administration works with the server up or down."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeVar

from mainstay.ports.answers import Answers
from mainstay.ports.audit import Audit
from mainstay.ports.desk import Desk
from mainstay.ports.hours import Hours
from mainstay.ports.keys import Keys
from mainstay.ports.schedule import Schedule
from mainstay.ports.spend import Spend

Result = TypeVar("Result")

NEEDS = frozenset({"DATABASE_URL"})
"""What production must have set before the store is opened."""


class Store(Protocol):
    """The parts of an open store that administration uses."""

    @property
    def keys(self) -> Keys:
        """API keys."""
        ...

    @property
    def desk(self) -> Desk:
        """Dead turns and their redrive."""
        ...

    @property
    def audit(self) -> Audit:
        """The hash chain."""
        ...

    @property
    def answers(self) -> Answers:
        """What level 3 keeps."""
        ...

    @property
    def schedule(self) -> Schedule:
        """Depth and age of the backlog."""
        ...

    @property
    def spend(self) -> Spend:
        """What models cost."""
        ...

    @property
    def hours(self) -> Hours:
        """Sums over turns."""
        ...


def with_store(data: Path | None, use: Callable[[Store], Awaitable[Result]]) -> Result:
    """Open the store, let ``use`` work with it, close it.

    Args:
        data: folder of the store; None takes the settings' own.
        use: what to do.

    Raises:
        SettingsFault: the settings do not load.
        MainstayError: there is no store.
    """
    from mainstay.settings import environment, load, overlaid

    changes = {} if data is None else {"MAINSTAY_DATA": data}
    settings = load(overlaid(environment(), changes), needs=NEEDS)
    from mainstay import assembly

    async def run() -> Result:
        async with assembly.open_store(settings) as store:
            return await use(store)

    return asyncio.run(run())
