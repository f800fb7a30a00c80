"""The binary form of protocol buffers, as far as OTLP needs it.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterable
from struct import Struct
from typing import Final, Literal

VARINT: Final = 0
FIXED64: Final = 1
BLOCK: Final = 2
FIXED32: Final = 5

fixed32 = Struct("<I").pack
fixed64 = Struct("<Q").pack
double = Struct("<d").pack

_MORE = 0x80
_WORD = 0xFFFF_FFFF_FFFF_FFFF


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= _MORE:
        out.append(number & 0x7F | _MORE)
        number >>= 7
    out.append(number)
    return bytes(out)


_KNOWN = 4096
_SMALL = tuple(map(_varint, range(_KNOWN)))
"""Most numbers are lengths, and most lengths are small."""


def varint(number: int) -> bytes:
    """Return an integer; a negative one as its 64-bit two's complement."""
    if 0 <= number < _KNOWN:
        return _SMALL[number]
    return _varint(number & _WORD)


def tag(field: int, kind: Literal[0, 1, 2, 5]) -> bytes:
    """Return what goes before a field's value."""
    return _varint(field << 3 | kind)


def block(before: bytes, content: bytes) -> bytes:
    """Return a message, text or list of numbers as a field."""
    size = len(content)
    return before + (_SMALL[size] if size < _KNOWN else _varint(size)) + content


def text(value: str) -> bytes:
    """Return a text's bytes; half a surrogate pair, which UTF-8 has not, as ``?``."""
    return value.encode("utf-8", "replace")


def numbers(values: Iterable[float]) -> bytes:
    """Return doubles as a packed list."""
    return b"".join(map(double, values))


def counts(values: Iterable[float]) -> bytes:
    """Return whole numbers as a packed list of ``fixed64``."""
    return b"".join(fixed64(int(value)) for value in values)
