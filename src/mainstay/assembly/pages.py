"""Makes known where this process shows its metrics."""

import asyncio
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from mainstay.assembly.parts import start
from mainstay.assembly.storage import Storage
from mainstay.ports.alerts import Page
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.resilience.background import Background
from mainstay.settings import Settings
from mainstay.system.network import (
    LOOPBACK,
    address_towards,
    is_loopback,
    machine_name,
)

RETRY_S = 30.0
AGAIN_S = 3600.0
"""A page that was not told of for a day may be forgotten."""

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound


class PublishedPage:
    """Tells the store, again and again, so that whoever watches finds the page.

    Args:
        storage: where.
        page: where it is.
        telemetry: is told when the store is away.
    """

    def __init__(self, storage: Storage, page: Page, telemetry: Telemetry) -> None:
        self._storage = storage
        self._page = page
        self._telemetry = telemetry
        self._telling = Background(self._tell)

    async def start(self) -> None:
        """Start to tell; may be repeated."""
        await self._telling.start()

    async def stop(self) -> None:
        """Stop telling; may be repeated."""
        await self._telling.stop()

    async def _tell(self) -> None:
        storage, page = self._storage, self._page
        publish = storage.store.alerts.publish
        while True:
            pause_s = AGAIN_S
            try:
                await publish(storage.owner, page.address, page.machine)
            except Exception as error:  # noqa: BLE001 - or it would be told no more
                self._telemetry.emit(Trouble("pages", repr(error)))
                pause_s = RETRY_S
            await storage.clock.sleep(pause_s)


async def publish_page(
    stack: AsyncExitStack,
    settings: Settings,
    storage: Storage,
    telemetry: Telemetry,
    served: str,
) -> None:
    """Make known where this process shows its metrics."""
    page = await page_of(settings, served)
    await start(stack, PublishedPage(storage, page, telemetry))


async def page_of(settings: Settings, served: str) -> Page:
    """Return where other processes reach what is served here.

    One that listens everywhere is reached, with a store of its machine, there; with a
    database, at the address that this machine has on the way to it. Where that is
    loopback, processes of other machines that share the database do not.

    Args:
        settings: all of them.
        served: the address of this process's HTTP, ``http://host:port``.
    """
    port = urlsplit(served).port
    host = settings.bind_host
    if host in EVERYWHERE:
        host = await asyncio.to_thread(_own_host, settings)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    alone = settings.engine == "postgres" and is_loopback(host)
    return Page(address, machine_name() if alone else "")


def _own_host(settings: Settings) -> str:
    url = settings.database_url
    if settings.engine != "postgres" or url is None:
        return LOOPBACK
    hosts = urlsplit(url.get_secret_value()).netloc.rpartition("@")[2]
    host = urlsplit(f"//{hosts.split(',')[0]}").hostname
    try:
        return address_towards(host) if host else LOOPBACK
    except OSError:
        return LOOPBACK
