"""API keys on SQLite: the file holds digests, never a secret."""

from collections.abc import Sequence

from mainstay.domain.errors import NotFound
from mainstay.ports.chance import Ids
from mainstay.ports.keys import ApiKey, KeyRole
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "keys")


class SqliteKeys:
    """Stores and finds API keys by digest."""

    def __init__(self, writer: Writer, reader: Reader, ids: Ids) -> None:
        self._writer = writer
        self._reader = reader
        self._ids = ids

    async def add(self, digest: bytes, role: KeyRole, name: str) -> ApiKey:
        """Store a key; a digest that exists already is returned as it is."""

        def work(unit: Unit) -> ApiKey:
            row = {"id": self._ids.new("key"), "digest": digest, "role": role}
            unit.execute(SQL["add"], row | {"name": name, "now_ms": unit.now_ms})
            key = ApiKey(*unit.row(SQL["find"], {"digest": digest}))
            if key.id == row["id"]:
                unit.audit("admin", "key.created", key.id, role=role, name=name)
            return key

        return await self._writer.run(work)

    async def find(self, digest: bytes) -> ApiKey | None:
        """Return the key with this digest, revoked or not, or None."""
        row = self._reader.row(SQL["find"], {"digest": digest})
        return None if row is None else ApiKey(*row)

    async def list(self) -> Sequence[ApiKey]:
        """Return all keys, oldest first."""
        rows = await self._reader.run(lambda db: db.execute(SQL["all"]).fetchall())
        return [ApiKey(*row) for row in rows]

    async def revoke(self, key_id: str) -> ApiKey:
        """End a key."""

        def work(unit: Unit) -> ApiKey:
            row = unit.row(SQL["revoke"], {"id": key_id, "now_ms": unit.now_ms})
            if row is None:
                raise NotFound(f"no key {key_id}; see: mainstay keys list")
            unit.audit("admin", "key.revoked", key_id)
            return ApiKey(*row)

        return await self._writer.run(work)
