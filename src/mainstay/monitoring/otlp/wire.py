"""The binary form of protocol buffers, as far as OTLP needs it.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Generator, Iterable
from struct import Struct
from typing import Final, Literal

VARINT: Final = 0
FIXED64: Final = 1
BLOCK: Final = 2
FIXED32: Final = 5

_KIND, _KIND_BITS = 0b111, 3
_SIZES = {FIXED32: 4, FIXED64: 8}

fixed32 = Struct("<I").pack
fixed64 = Struct("<Q").pack
double = Struct("<d").pack

_MORE = 0x80
_WORD_BITS = 64
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
    return _varint(field << _KIND_BITS | kind)


def block(before: bytes, content: bytes) -> bytes:
    """Return a message, text or list of numbers as a field."""
    size = len(content)
    return before + (_SMALL[size] if size < _KNOWN else _varint(size)) + content


def text(value: str) -> bytes:
    """Return a text's bytes; half a surrogate pair, which UTF-8 has not, as ``?``."""
    return value.encode("utf-8", "replace")


def fields(data: bytes) -> Generator[tuple[int, int | bytes]]:
    """Give the numbers and values of a message's fields, blocks as they are.

    A block that was cut off is given as far as it goes.

    Raises:
        ValueError: it is no message.
    """
    at = 0
    while at < len(data):
        head, at = _read(data, at)
        kind = head & _KIND
        if kind == VARINT:
            value, at = _read(data, at)
            yield head >> _KIND_BITS, value
            continue
        size = _SIZES.get(kind)
        if kind == BLOCK:
            size, at = _read(data, at)
        if size is None:
            raise ValueError(f"kind {kind}")
        yield head >> _KIND_BITS, data[at : at + size]
        at += size


def _read(data: bytes, at: int) -> tuple[int, int]:
    """Return the integer that begins somewhere, and where it ends."""
    number = 0
    for shift in range(0, _WORD_BITS, 7):
        if at >= len(data):
            break
        byte, at = data[at], at + 1
        number |= (byte & ~_MORE) << shift
        if byte < _MORE:
            return number & _WORD, at
    raise ValueError("an integer has no end")


def numbers(values: Iterable[float]) -> bytes:
    """Return doubles as a packed list."""
    return b"".join(map(double, values))


def counts(values: Iterable[float]) -> bytes:
    """Return whole numbers as a packed list of ``fixed64``."""
    return b"".join(fixed64(int(value)) for value in values)
