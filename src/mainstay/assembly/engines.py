"""Opens the store that the settings name; an engine is imported when it is used."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from mainstay.assembly.storage import Storage, Store, Tenant
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


async def migrate(settings: Settings) -> tuple[str | None, str]:
    """Bring the store to this version's schema; return it before and after."""
    if settings.engine == "postgres":
        from mainstay.assembly.postgres import address_of
        from mainstay.stores.postgres import schema

        return await schema.migrate(address_of(settings))
    from mainstay.stores.sqlite.schema import migrate

    return migrate(settings.database_path)
