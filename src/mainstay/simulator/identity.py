"""Ids in the API's own shapes."""

import os
from base64 import b32encode
from hashlib import blake2b
from itertools import count


class Identities:
    """Makes ids that never repeat, not even after a restart.

    A demo keeps its conversations when the simulator restarts, so a plain counter
    would give two tool calls of one conversation the same id.
    """

    def __init__(self, seed: bytes | None = None) -> None:
        self._seed = os.urandom(16) if seed is None else seed
        self._numbers = count(1)

    def new(self, prefix: str) -> str:
        """Return ``prefix_01`` and 22 characters, like the API's own."""
        number = next(self._numbers).to_bytes(8, "big")
        digest = blake2b(number, key=self._seed, digest_size=14).digest()
        return f"{prefix}_01{b32encode(digest)[:22].decode()}"
