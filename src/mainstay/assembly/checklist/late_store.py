"""The store, opened for administration when it is first needed."""

from contextlib import AsyncExitStack

from mainstay.assembly.engines import open_store
from mainstay.assembly.storage import Store
from mainstay.settings import Settings


class LateStore:
    """Opens the store once; a store that cannot be opened is tried again.

    Args:
        stack: closes it.
        settings: which one.
    """

    def __init__(self, stack: AsyncExitStack, settings: Settings) -> None:
        self._stack = stack
        self._settings = settings
        self._store: Store | None = None

    async def get(self) -> Store:
        """Return the open store.

        Raises:
            MainstayError: it cannot be opened, or has not the schema.
        """
        if self._store is None:
            opening = open_store(self._settings)
            self._store = await self._stack.enter_async_context(opening)
        return self._store
