"""The shared store: one PostgreSQL database for all machines."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from mainstay.assembly.parts import start
from mainstay.assembly.storage import Storage, Tenant
from mainstay.ports.secret import Secret
from mainstay.settings import Settings
from mainstay.stores.postgres import schema
from mainstay.stores.postgres.connection import Address
from mainstay.stores.postgres.feed import SharedFeed
from mainstay.stores.postgres.migration import Migration
from mainstay.stores.postgres.news import News
from mainstay.stores.postgres.presence import Member, Presence, StoreClock
from mainstay.stores.postgres.store import PostgresStore
from mainstay.stores.postgres.store import open_store as open_postgres
from mainstay.system.clock import SystemClock
from mainstay.system.feed import LocalFeed
from mainstay.system.ids import SystemIds

POLL_S = 0.5
"""Work is told of; this is for what was told to nobody."""

VISITOR_POOL = 5


def address_of(settings: Settings, rotated: Secret | None = None) -> Address:
    """Return where the database is, and where its present password is."""
    url = settings.database_url
    return Address(
        url="" if url is None else url.get_secret_value(),
        timeout_s=settings.db_timeout_s,
        search_path=schema.SEARCH_PATH,
        rotated=rotated,
    )


async def join(stack: AsyncExitStack, settings: Settings, tenant: Tenant) -> Storage:
    """Open the store, and make this process known by a session that ends with it.

    In production ``mainstay migrate`` makes the schema and its changes, elsewhere the
    start does.
    """
    address, clock = address_of(settings, tenant.database_url), SystemClock()
    if settings.env == "production":
        await schema.ensure(address)
    else:
        await schema.prepare(address, clock)
    feed = SharedFeed(LocalFeed(), clock)
    store = await open_postgres(
        address,
        clock,
        SystemIds(),
        pool_size=settings.db_pool,
        on_commit=feed.committed,
        scope=tenant.scope,
    )
    store.reader.waited = tenant.waits_of("postgres")
    stack.push_async_callback(store.stop)
    owner = SystemIds().new("proc")
    news = News(address, owner, feed.heard, clock, tenant.telemetry)
    feed.attach(news)
    member = Member(owner, tenant.role)
    presence = Presence(address, member, news, clock, tenant.telemetry)
    await start(stack, presence)
    # Once more: now that it is known, no revision that must not meet it will run.
    await schema.ensure(address)
    stack.push_async_callback(store.leases.bury, owner)
    await start(stack, news)
    await start(stack, feed)
    return Storage(
        store=store,
        owner=owner,
        liveness=store.liveness,
        clock=StoreClock(clock, presence),
        feed=feed,
        tell_due=feed.due,
        on_due=feed.on_due,
        poll_s=POLL_S,
        commits=lambda: store.writer.commits,
        skew_s=lambda: presence.offset_ms / 1000,
    )


@asynccontextmanager
async def visit(settings: Settings) -> AsyncGenerator[PostgresStore]:
    """Open the store for administration; it must have the schema."""
    address = address_of(settings)
    await schema.ensure(address)
    store = await open_postgres(
        address,
        SystemClock(),
        SystemIds(),
        pool_size=VISITOR_POOL,
        on_commit=_nobody,
    )
    try:
        yield store
    finally:
        await store.stop()


def migration(
    settings: Settings, tell: Callable[[str], None] = lambda _: None
) -> Migration:
    """Return what upgrades the database."""
    return Migration(address_of(settings), SystemClock(), tell=tell)


def _nobody(_: set[str]) -> None:
    """Who waits looks into the store now and then."""
