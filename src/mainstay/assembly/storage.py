"""Opens the store that the settings name."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mainstay.ports.audit import Audit
from mainstay.ports.conversations import Conversations
from mainstay.ports.desk import Desk
from mainstay.ports.keys import Keys
from mainstay.ports.queue import Queue
from mainstay.queues.embedded import EmbeddedQueue
from mainstay.settings import Settings
from mainstay.stores.sqlite import schema
from mainstay.stores.sqlite.connection import WRITE_LOCK_BYTE
from mainstay.stores.sqlite.store import SqliteStore
from mainstay.stores.sqlite.store import open_store as open_sqlite
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.system.lock_holder import LockHolder


@dataclass(frozen=True, slots=True)
class Administration:
    """What administration works on, with the server up or down."""

    keys: Keys
    desk: Desk
    audit: Audit
    queue: Queue
    conversations: Conversations


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncGenerator[Administration]:
    """Open the store for administration; migrate it first if needed."""
    store = store_of(settings, lambda _: None, scope="")
    try:
        queue = queue_of(settings, store)
        yield Administration(
            store.keys, store.desk, store.audit, queue, store.conversations
        )
    finally:
        store.close()


def migrate(settings: Settings) -> tuple[str | None, str]:
    """Bring the store to this version's schema; return it before and after."""
    return schema.migrate(settings.database_path)


def store_of(
    settings: Settings, on_commit: Callable[[set[str]], None], scope: str
) -> SqliteStore:
    """Open the embedded store."""
    return open_sqlite(
        settings.database_path,
        SystemClock(),
        SystemIds(),
        busy_timeout_s=settings.db_timeout_s,
        on_commit=on_commit,
        scope=scope,
    )


def write_lock_of(settings: Settings) -> LockHolder:
    """Return what tells who holds the embedded store's write lock."""
    path = settings.database_path
    return LockHolder(path.with_name(f"{path.name}-shm"), WRITE_LOCK_BYTE)


def queue_of(settings: Settings, store: SqliteStore) -> EmbeddedQueue:
    """Return the embedded queue."""
    return EmbeddedQueue(
        store.schedule,
        SystemClock(),
        visibility_s=settings.queue_visibility_s,
        batch=settings.queue_batch,
    )
