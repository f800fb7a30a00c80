"""Seals: a record's text with an Ed25519 signature over it (RFC 8032).

Who has the public key can verify a record, and nobody without the private one can make
another. The key that a record names is not believed: it is compared with a given one.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from mainstay.domain.errors import MainstayError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PARTS = {"record", "key", "signature"}
MAKE_KEY = "openssl genpkey -algorithm ed25519"


class Broken(MainstayError):
    """A record is not what was signed, or was signed with another key."""


class Seal:
    """Signs records.

    Args:
        private_key: Ed25519, PEM.

    Raises:
        MainstayError: it is not such a key.
    """

    def __init__(self, private_key: str) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(private_key.encode(), password=None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            message = f"not an Ed25519 private key in PEM; make one by: {MAKE_KEY}"
            raise MainstayError(f"MAINSTAY_RECORD_KEY: {message}")
        self._key = key

    def sealed(self, record: Mapping[str, Any]) -> str:
        """Return the record with its signature, as one JSON text."""
        signature = self._key.sign(_bytes(record))
        whole = {
            "record": record,
            "key": _name(self._key.public_key()),
            "signature": base64.b64encode(signature).decode(),
        }
        return json.dumps(whole, indent=1, sort_keys=True) + "\n"

    def opened(self, text: str) -> dict[str, Any]:
        """Return the record of a sealed text that this key signed.

        Raises:
            Broken: it did not, or the text was changed since.
        """
        return _opened(text, self._key.public_key())


def opened(text: str, public_key: str) -> dict[str, Any]:
    """Return the record of a sealed text.

    Args:
        text: as ``sealed`` made it.
        public_key: Ed25519, PEM: whose signature it must have.

    Raises:
        Broken: it has not, or the text was changed since.
        MainstayError: that is no such key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(public_key.encode())
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise MainstayError("not an Ed25519 public key in PEM; give the right file")
    return _opened(text, key)


def _opened(text: str, key: "Ed25519PublicKey") -> dict[str, Any]:
    from cryptography.exceptions import InvalidSignature

    try:
        whole = _parts(text)
        record, named = whole["record"], str(whole["key"])
        signature = base64.b64decode(whole["signature"], validate=True)
        body = _bytes(record)
    except (ValueError, TypeError) as error:
        raise Broken("this is no sealed record; give the file as written") from error
    if named != _name(key):
        raise Broken(f"it is signed with {named}, not with {_name(key)}; another key?")
    try:
        key.verify(signature, body)
    except InvalidSignature as error:
        raise Broken("it is not what was signed; get the original") from error
    return cast("dict[str, Any]", record)


def _parts(text: str) -> dict[str, Any]:
    whole: Any = json.loads(text, object_pairs_hook=_once)
    if not isinstance(whole, dict) or cast("dict[str, Any]", whole).keys() != PARTS:
        raise TypeError
    return cast("dict[str, Any]", whole)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose names are all different.

    Readers differ in which of two equal names they take: one of them was not signed.
    """
    told = dict(pairs)
    if len(told) != len(pairs):
        raise ValueError
    return told


def _bytes(record: Mapping[str, Any]) -> bytes:
    if not isinstance(record, dict):
        raise TypeError
    told = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return told.encode()


def _name(key: "Ed25519PublicKey") -> str:
    """Return what names a key: the beginning of its SHA-256."""
    digest = hashlib.sha256(key.public_bytes_raw()).hexdigest()
    return f"ed25519:{digest[:16]}"
