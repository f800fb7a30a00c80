"""Puts contexts into the cache while the turns go on."""

import asyncio
from collections import OrderedDict

from mainstay.caches.context import packed
from mainstay.ports.cache import Cache
from mainstay.ports.journal import Record
from mainstay.resilience.background import Background

MAX_WAITING = 1_000
"""Contexts that wait; the oldest makes room, for it is a copy of what the store has."""


class ContextKeeper:
    """Keeps the newest context of each conversation; nobody waits for it.

    Args:
        cache: where to.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._waiting: OrderedDict[str, Record] = OrderedDict()
        self._news = asyncio.Event()
        self._keeping = Background(self._go)

    async def start(self) -> None:
        """Start; may be repeated."""
        await self._keeping.start()

    async def stop(self) -> None:
        """Stop; what waits is not kept. May be repeated."""
        await self._keeping.stop()

    def keep(self, record: Record) -> None:
        """Put the record's messages, in place of what was there; returns at once."""
        if not self._cache.is_up:
            return
        self._waiting[record.conversation.id] = record
        if len(self._waiting) > MAX_WAITING:
            self._waiting.popitem(last=False)
        self._news.set()

    async def _go(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                conversation_id, record = self._waiting.popitem(last=False)
                context = packed(record)
                if context is not None:
                    await self._cache.put_context(conversation_id, context)
