"""The embedded store: one file, shared by the processes of one machine."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from mainstay.assembly.parts import start
from mainstay.assembly.storage import Storage, Tenant, no_store
from mainstay.settings import Settings
from mainstay.stores.sqlite import revisions
from mainstay.stores.sqlite.changes import Changes
from mainstay.stores.sqlite.connection import WRITE_LOCK_BYTE
from mainstay.stores.sqlite.migration import Migration
from mainstay.stores.sqlite.store import SqliteStore
from mainstay.stores.sqlite.store import open_store as open_sqlite
from mainstay.system.clock import SystemClock
from mainstay.system.feed import LocalFeed
from mainstay.system.ids import SystemIds
from mainstay.system.liveness import FlockLiveness, LivenessLock
from mainstay.system.lock_holder import LockHolder
from mainstay.worker.eviction import Eviction

POLL_S = 0.1


async def join(stack: AsyncExitStack, settings: Settings, tenant: Tenant) -> Storage:
    """Open the file, and make this process known by a lock freed when it dies.

    A new file gets its schema; in production, ``mainstay migrate`` makes its changes.
    """
    clock, feed, liveness = SystemClock(), LocalFeed(), FlockLiveness()
    path = settings.database_path
    if settings.env == "production" and revisions.applied(path):
        revisions.ensure(path)
    write_lock = LockHolder(path.with_name(f"{path.name}-shm"), WRITE_LOCK_BYTE)
    # Closed after the store, or its locks would be gone while it works.
    stack.callback(write_lock.close)
    store = _open(settings, _notifier(feed), tenant.scope)
    stack.callback(store.close)
    owner = SystemIds().new("proc")
    # Absolute: others look from other working directories.
    lock = LivenessLock(_processes(settings).absolute(), owner)
    lock.acquire()
    stack.callback(lock.release)
    await store.leases.enlist(owner, str(lock.path), tenant.role)
    stack.push_async_callback(store.leases.bury, owner)
    await start(stack, Changes(store.writer, feed, clock))
    eviction = Eviction(write_lock, store.leases, liveness, clock, tenant.telemetry)
    await start(stack, eviction)
    return Storage(
        store=store,
        owner=owner,
        liveness=liveness,
        clock=clock,
        feed=feed,
        tell_due=_nothing,
        on_due=_nothing_to_hear,
        poll_s=POLL_S,
        commits=lambda: store.writer.commits,
    )


@asynccontextmanager
async def visit(settings: Settings) -> AsyncGenerator[SqliteStore]:
    """Open the file for administration; it must exist."""
    if not settings.database_path.exists():
        raise no_store(settings.database_path)
    revisions.ensure(settings.database_path)
    store = _open(settings, lambda _: None, scope="")
    try:
        yield store
    finally:
        store.close()


def migration(
    settings: Settings, tell: Callable[[str], None] = lambda _: None
) -> Migration:
    """Return what upgrades the file."""
    liveness = FlockLiveness()

    def is_dead(lock_path: str) -> bool:
        path = Path(lock_path)
        # The first release wrote the path as its own working directory saw it.
        if not path.is_absolute():
            path = _processes(settings) / path.name
        return liveness.is_dead(str(path))

    return Migration(settings.database_path, is_dead=is_dead, tell=tell)


def _processes(settings: Settings) -> Path:
    """Return the folder of the processes' lock files."""
    return settings.data / "processes"


def _open(
    settings: Settings, on_commit: Callable[[set[str]], None], scope: str
) -> SqliteStore:
    return open_sqlite(
        settings.database_path,
        SystemClock(),
        SystemIds(),
        busy_timeout_s=settings.db_timeout_s,
        on_commit=on_commit,
        scope=scope,
    )


def _notifier(feed: LocalFeed) -> Callable[[set[str]], None]:
    def notify(touched: set[str]) -> None:
        for conversation_id in touched:
            feed.notify(conversation_id)

    return notify


def _nothing() -> None:
    """Other processes look at the file."""


def _nothing_to_hear(_: Callable[[], None]) -> None:
    """Other processes do not tell."""
