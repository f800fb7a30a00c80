"""API keys on PostgreSQL: the table holds digests, never a secret."""

from collections.abc import Sequence

from mainstay.domain.errors import NotFound
from mainstay.ports.chance import Ids
from mainstay.ports.keys import ApiKey, KeyRole
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.writer import Piece, Writer
from mainstay.stores.statements import load

SQL = load("postgres", "desk")


class PostgresKeys:
    """Stores and finds API keys by digest."""

    def __init__(self, writer: Writer, reader: Reader, ids: Ids) -> None:
        self._writer = writer
        self._reader = reader
        self._ids = ids

    async def add(self, digest: bytes, role: KeyRole, name: str) -> ApiKey:
        """Store a key; a digest that exists already is returned as it is."""
        row = {"id": self._ids.new("key"), "digest": digest.hex()}
        row |= {"role": role, "name": name}
        return ApiKey(*await self._writer.run(Piece("add_key", row)))

    async def find(self, digest: bytes) -> ApiKey | None:
        """Return the key with this digest, revoked or not, or None."""
        row = await self._reader.row(SQL["key"], digest)
        return None if row is None else ApiKey(*row)

    async def list(self) -> Sequence[ApiKey]:
        """Return all keys, oldest first."""
        return [ApiKey(*row) for row in await self._reader.rows(SQL["keys"])]

    async def revoke(self, key_id: str) -> ApiKey:
        """End a key."""
        row = await self._writer.run(Piece("revoke_key", {"id": key_id}))
        if row is None:
            raise NotFound(f"no key {key_id}; see: mainstay keys list")
        return ApiKey(*row)
