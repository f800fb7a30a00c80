"""Real identities."""

import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class SystemIds:
    """ULID-like identities (https://github.com/ulid/spec): they sort by time."""

    def new(self, prefix: str) -> str:
        """Return a new identity."""
        n = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
        return prefix + "_" + "".join(_ALPHABET[n >> s & 31] for s in range(125, -1, -5))
