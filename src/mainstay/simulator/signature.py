"""Signatures of thinking blocks.

A signature names the model, the text and what stood before the block, so that the
simulator can check all three without remembering anything. See
https://platform.claude.com/docs/en/build-with-claude/preserved-thinking.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import blake2b

# Conversations outlive the process, so the key must too; it guards nothing.
_KEY = b"mainstay simulator"
_FIELDS = 5


def _digest(text: str) -> str:
    return blake2b(text.encode(), key=_KEY, digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Signature:
    """What a thinking block is bound to.

    Args:
        model: the model that thought.
        text: digest of the returned text.
        prefix: digest of the prompt before it, without thinking.
        before: digest of the thinking block before it, empty for the first.
    """

    model: str
    text: str
    prefix: str
    before: str

    def seal(self) -> str:
        """Return the opaque string."""
        plain = f"{self.model}|{self.text}|{self.prefix}|{self.before}"
        return b64encode(f"{plain}|{_digest(plain)}".encode()).decode()

    def signs(self, text: str) -> bool:
        """Return whether ``text`` is the text that was signed."""
        return self.text == _digest(text)

    def follows(self, sealed: str) -> bool:
        """Return whether the block with signature ``sealed`` came right before."""
        return self.before == _digest(sealed)


def sign(model: str, text: str, prefix: str, before: str | None) -> str:
    """Return the signature of ``text``; ``before`` is the last block's signature."""
    link = "" if before is None else _digest(before)
    return Signature(model, _digest(text), prefix, link).seal()


def unseal(sealed: object) -> Signature | None:
    """Return what is signed, or None if the simulator never made it."""
    if not isinstance(sealed, str):
        return None
    try:
        fields = b64decode(sealed, validate=True).decode().split("|")
    except (Base64Error, UnicodeDecodeError):
        return None
    if len(fields) != _FIELDS or _digest("|".join(fields[:-1])) != fields[-1]:
        return None
    return Signature(*fields[:-1])
