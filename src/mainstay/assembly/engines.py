"""Opens the store that the settings name; an engine is imported when it is used."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from mainstay.assembly.storage import Storage, Store, Tenant
from mainstay.domain.schema import Migrated, Phase, SchemaStatus
from mainstay.settings import Settings


async def open_storage(
    stack: AsyncExitStack, settings: Settings, tenant: Tenant
) -> Storage:
    """Open the store that the settings name, and make this process known in it.

    Raises:
        MainstayError: it cannot be opened, or has not the schema.
    """
    if settings.engine == "postgres":
        from mainstay.assembly.postgres import join

        return await join(stack, settings, tenant)
    from mainstay.assembly.sqlite import join

    return await join(stack, settings, tenant)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncGenerator[Store]:
    """Open the store for administration, with the server up or down.

    Raises:
        MainstayError: there is none, or it has not the schema.
    """
    if settings.engine == "postgres":
        from mainstay.assembly.postgres import visit

        async with visit(settings) as store:
            yield store
    else:
        from mainstay.assembly.sqlite import visit

        async with visit(settings) as store:
            yield store


async def migrate(
    settings: Settings, phases: Sequence[Phase], tell: Callable[[str], None]
) -> Migrated:
    """Run phases of the store's migration; ``tell`` takes a line about each thing done.

    Raises:
        MainstayError: it cannot be opened, or a revision must wait.
    """
    if settings.engine == "postgres":
        from mainstay.assembly.postgres import migration

        return await migration(settings, tell).run(phases)
    from mainstay.assembly.sqlite import migration

    return migration(settings, tell).run(phases)


async def schema_status(settings: Settings) -> SchemaStatus:
    """Tell where the store's schema stands.

    Raises:
        MainstayError: it cannot be opened.
    """
    if settings.engine == "postgres":
        from mainstay.assembly.postgres import migration

        return await migration(settings).status()
    from mainstay.assembly.sqlite import migration

    return migration(settings).status()
