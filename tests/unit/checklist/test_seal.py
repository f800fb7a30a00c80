"""Seals: who has not the key can neither make a record nor change one."""

import json

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from tests.unit.checklist.well import private_key

from mainstay.checklist.seal import Broken, Seal, opened
from mainstay.domain.errors import MainstayError

RECORD = {"what": "checklist", "ready": False, "checks": [{"n": 1, "took_s": 0.125}]}


def public(pem: str) -> str:
    """Return the public half."""
    key = load_pem_private_key(pem.encode(), None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_what_was_signed_opens() -> None:
    """With the key itself, and with its public half."""
    pem = private_key()
    text = Seal(pem).sealed(RECORD)
    assert Seal(pem).opened(text) == RECORD
    assert opened(text, public(pem)) == RECORD


def test_layout_is_not_what_is_signed() -> None:
    """An editor may indent it anew."""
    pem = private_key()
    text = json.dumps(json.loads(Seal(pem).sealed(RECORD)))
    assert Seal(pem).opened(text) == RECORD


def test_a_changed_record_is_broken() -> None:
    """One word is enough."""
    pem = private_key()
    text = Seal(pem).sealed(RECORD).replace("false", "true")
    with pytest.raises(Broken, match="not what was signed"):
        Seal(pem).opened(text)


@pytest.mark.parametrize(
    ("signed", "forged"),
    [
        ('"record": {', '"record": {"ready": true,'),
        ('"record": {', '"record": {"ready": true}, "record": {'),
        ('"took_s": ', '"took_s": 0, "took_s": '),
        ('"record": {', '"ready": true, "record": {'),
    ],
)
def test_nothing_stands_beside_what_was_signed(signed: str, forged: str) -> None:
    """A second name of the same, or one more: some reader would believe it."""
    pem = private_key()
    text = Seal(pem).sealed(RECORD)
    assert signed in text
    with pytest.raises(Broken, match="no sealed record"):
        Seal(pem).opened(text.replace(signed, forged, 1))


def test_another_key_is_named() -> None:
    """The key that a record itself names is not believed."""
    ours, theirs = private_key(), private_key()
    text = Seal(theirs).sealed(RECORD)
    with pytest.raises(Broken, match="another key"):
        Seal(ours).opened(text)
    whole = json.loads(text)
    whole["key"] = json.loads(Seal(ours).sealed(RECORD))["key"]
    with pytest.raises(Broken, match="not what was signed"):
        Seal(ours).opened(json.dumps(whole))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"record": 1}', "no JSON"])
def test_what_is_no_record_is_told(text: str) -> None:
    """In one line, whatever the file holds."""
    with pytest.raises(Broken, match="no sealed record"):
        Seal(private_key()).opened(text)


def test_a_key_must_be_one() -> None:
    """The error says how to make one."""
    with pytest.raises(MainstayError, match="openssl genpkey"):
        Seal("no key")
    with pytest.raises(MainstayError, match="public key"):
        opened(Seal(private_key()).sealed(RECORD), "no key")
