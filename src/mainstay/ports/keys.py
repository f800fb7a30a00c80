"""API keys: only their hashes are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

KeyRole = Literal["client", "operator", "admin"]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is stored of an API key.

    Args:
        id: its identity, safe to show.
        role: what it may do: admin ⊃ operator ⊃ client.
        name: what it is for.
        created_at_ms: Unix time in milliseconds.
        revoked_at_ms: when it ended, or None.
    """

    id: str
    role: KeyRole
    name: str
    created_at_ms: int
    revoked_at_ms: int | None


class Keys(Protocol):
    """Stores and finds API keys by the SHA-256 of the secret (32 bytes)."""

    async def add(self, digest: bytes, role: KeyRole, name: str) -> ApiKey:
        """Store a key; a digest that exists already is returned as it is."""
        ...

    async def find(self, digest: bytes) -> ApiKey | None:
        """Return the key with this digest, revoked or not, or None."""
        ...

    async def list(self) -> Sequence[ApiKey]:
        """Return all keys, oldest first."""
        ...

    async def revoke(self, key_id: str) -> ApiKey:
        """End a key.

        Raises:
            NotFound: no such key.
        """
        ...
