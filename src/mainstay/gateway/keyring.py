"""API keys as the gateway looks them up: a short, bounded memory before the store."""

import asyncio
import hashlib
import secrets

from mainstay.gateway.recent import Recent
from mainstay.ports.clock import Clock
from mainstay.ports.keys import ApiKey, Keys

REMEMBER_S = 5.0
"""How long a looked-up key is trusted: the longest a revoked key may still work."""

REMEMBER_KEYS = 1_000

KEY_PREFIX = "mk_"


def new_secret() -> str:
    """Return a fresh API key: ``mk_`` and 256 random bits, URL-safe."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def digest_of(secret: str | bytes) -> bytes:
    """Return the SHA-256 under which a key is stored (32 bytes).

    A plain hash is enough for keys of 256 random bits, and costs a microsecond.
    """
    data = secret.encode() if isinstance(secret, str) else secret
    return hashlib.sha256(data).digest()


class KeyRing:
    """Finds keys by digest; remembers found and unknown ones apart.

    Args:
        keys: the store's keys.
        clock: tells how old a memory is.
    """

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        # Apart, so that guesses cannot push out the keys that are in use.
        self._known: Recent[bytes, ApiKey] = Recent(REMEMBER_KEYS)
        self._unknown: Recent[bytes, bool] = Recent(REMEMBER_KEYS)
        self._lookups: dict[bytes, asyncio.Task[ApiKey | None]] = {}

    async def find(self, digest: bytes) -> ApiKey | None:
        """Return the valid key with this digest, or None.

        Raises:
            StoreUnavailable: it is not remembered and the store cannot be read.
        """
        now_s = self._clock.monotonic_s()
        key = self._known.get(digest, now_s)
        if key is not None:
            return key
        if self._unknown.get(digest, now_s):
            return None
        return await asyncio.shield(self._lookup(digest))

    def forget(self) -> None:
        """Look every key up anew; called when one is made or revoked here."""
        self._known.clear()
        self._unknown.clear()

    def _lookup(self, digest: bytes) -> asyncio.Task[ApiKey | None]:
        """Return the one lookup in flight, so that a burst reads the store once."""
        task = self._lookups.get(digest)
        if task is None:
            task = asyncio.create_task(self._load(digest))
            self._lookups[digest] = task
            task.add_done_callback(lambda _: self._lookups.pop(digest, None))
        return task

    async def _load(self, digest: bytes) -> ApiKey | None:
        since_s = self._clock.monotonic_s()
        key = await self._keys.find(digest)
        if key is None or key.revoked_at_ms is not None:
            self._unknown.put(digest, value=True, until_s=since_s + REMEMBER_S)
            return None
        self._known.put(digest, key, since_s + REMEMBER_S)
        return key
