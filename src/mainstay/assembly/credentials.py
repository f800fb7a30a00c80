"""Keys and tokens, from settings to the gateway."""

import hashlib
from typing import TYPE_CHECKING

from mainstay.ports.keys import Keys
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock

if TYPE_CHECKING:
    from mainstay.gateway.tokens import CustomerTokens


async def add_bootstrap_key(settings: Settings, keys: Keys) -> None:
    """Make the bootstrap key an admin key; the store keeps its digest only."""
    if settings.bootstrap_key is not None:
        secret = settings.bootstrap_key.get_secret_value()
        digest = hashlib.sha256(secret.encode()).digest()
        await keys.add(digest, "admin", "bootstrap")


def tokens_of(settings: Settings) -> "CustomerTokens | None":
    """Return what verifies customer tokens, None when the host signs none."""
    if settings.token_secret is None and settings.token_public_key is None:
        return None
    # Its cryptography takes 8 MB, which a process without tokens does not need.
    from mainstay.gateway.tokens import CustomerTokens

    audience, clock = settings.token_audience, SystemClock()
    if settings.token_secret is not None:
        secret = settings.token_secret.get_secret_value()
        return CustomerTokens.hs256(secret, audience=audience, clock=clock)
    if settings.token_public_key is not None:
        key = settings.token_public_key
        return CustomerTokens.eddsa(key, audience=audience, clock=clock)
    return None
