"""The checks of processes that run: their metrics, their queue, their door."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

from mainstay.assembly.brokers import broker_of
from mainstay.assembly.checklist.site import Site, once
from mainstay.assembly.exports import probe
from mainstay.checklist.credentials import AuthenticationEnabled
from mainstay.checklist.endpoints import MonitoringLive
from mainstay.checklist.queue import QueueTested
from mainstay.checklist.web import ask
from mainstay.domain.order import Order
from mainstay.domain.wake import Wake
from mainstay.ports.keys import Keys
from mainstay.ports.members import Member, gateway_of
from mainstay.settings import Settings
from mainstay.settings.alerts import TOLD
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds

CALLED_S = 15.0
"""How long workers may take to hear a roll call in the store."""

EXPIRED_S = 3600

ROLE = "check"
"""What is said of this process where telemetry is sent."""


def endpoints_of(site: Site) -> MonitoringLive:
    """Return the check of metrics and exports."""

    async def export() -> Mapping[str, str]:
        return await asyncio.to_thread(probe, site.settings, frozenset({ROLE}))

    tools = site.settings.tools_url
    beside = [] if tools is None else [_origin(tools)]
    return MonitoringLive(lambda: _members(site), beside, export, ask)


def queue_of(site: Site) -> QueueTested:
    """Return the check of the way from a gateway to a worker."""
    broker = broker_of(site.settings, site.telemetry)

    async def connect() -> None:
        if broker is not None:
            await broker.start()
            site.stack.push_async_callback(broker.stop)

    connected = once(connect)

    async def send(call: str) -> None:
        if broker is None:
            orders = (await site.store.get()).orders
            await orders.hold(Order("roll-call", call), CALLED_S)
            return
        await connected()
        await broker.publish([Wake(call)])

    async def answered(call: str) -> str | None:
        return await (await site.store.get()).members.answered(call)

    carrier = site.settings.carrier
    return QueueTested(carrier, send, answered, SystemIds(), SystemClock())


def door_of(site: Site) -> AuthenticationEnabled:
    """Return the check of who is let in."""

    async def keys() -> Keys:
        return (await site.store.get()).keys

    @asynccontextmanager
    async def gateway() -> AsyncGenerator[str]:
        if found := (site.url or gateway_of(await _members(site))):
            yield found.rstrip("/")
            return
        from mainstay.assembly.frame import GATEWAY
        from mainstay.assembly.running import serving

        async with serving(for_a_knock(site.settings), frozenset({GATEWAY})) as one:
            yield one.address

    return AuthenticationEnabled(gateway, keys, expired_token_of(site), ask)


def for_a_knock(settings: Settings) -> Settings:
    """Return settings of a gateway that nobody but the check is to notice.

    It tells nobody of alerts, and sends nothing to receivers of telemetry.
    """
    alone: dict[str, object] = {"api_port": 0, "host": "127.0.0.1"}
    alone |= {"drain_notice_s": 0.0, "otel_disabled": True}
    return settings.model_copy(update=alone | dict.fromkeys(TOLD))


def expired_token_of(site: Site) -> Callable[[], str] | None:
    """Return what makes an expired customer token; None where only the host signs."""
    settings, secret = site.settings, site.settings.token_secret
    if secret is None:
        return None

    def make() -> str:
        import jwt

        now_s = SystemClock().now_ms() // 1000
        claims: dict[str, str | int] = {"sub": "check", "aud": settings.token_audience}
        claims |= {"exp": now_s - EXPIRED_S, "iat": now_s - 2 * EXPIRED_S}
        return jwt.encode(claims, secret.get_secret_value(), "HS256")

    return make


async def _members(site: Site) -> Sequence[Member]:
    return await (await site.store.get()).members.all()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "", "", ""))
