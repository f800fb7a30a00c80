"""Identities that sort by time: where those of a moment begin."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base32 in lower case, as in ULID (https://github.com/ulid/spec)."""

_TIME_CHARACTERS = 10


def first_of(prefix: str, at_ms: int) -> str:
    """Return what no identity of this moment or later is below.

    So the primary key finds the rows of a span of time, without an index of its own.
    The moment is that of the process which made the identity.

    Args:
        prefix: of the kind, such as ``turn``.
        at_ms: Unix milliseconds.
    """
    text = ""
    for _ in range(_TIME_CHARACTERS):
        text = _ALPHABET[at_ms & 31] + text
        at_ms >>= 5
    return f"{prefix}_{text}"
