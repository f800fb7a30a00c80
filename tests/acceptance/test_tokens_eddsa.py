"""Customer tokens that the host signs with an Ed25519 key."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Generator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.acceptance.server import Server, serving

from mainstay.simulator.server import running_in_thread

HOUR_S = 3600
KEY, OTHER_KEY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """Give a server that has the public key in a file, and an audience of its own."""
    folder = tmp_path_factory.mktemp("host")
    file = folder / "key.pem"
    file.write_bytes(PEM)
    settings = {
        "MAINSTAY_TOKEN_PUBLIC_KEY_FILE": str(file),
        "MAINSTAY_TOKEN_AUDIENCE": "shop",
    }
    with (
        running_in_thread() as claude,
        serving(folder, claude, **settings) as running,
    ):
        yield running


def claims(**others: Any) -> dict[str, Any]:
    """Return good claims, but for these."""
    good = {"sub": "alice", "aud": "shop", "exp": int(time.time()) + HOUR_S}
    return {k: v for k, v in {**good, **others}.items() if v is not None}


def test_a_signed_token_acts_for_its_subject(host: Server) -> None:
    """It opens a conversation of alice's, and cannot be anybody else."""
    token = jwt.encode(claims(), KEY, "EdDSA")
    status, made, _ = host.call("POST", "/v1/conversations", {}, key=token)
    assert (status, made["customer_id"]) == (201, "alice")
    body = {"customer_id": "bob"}
    assert host.call("POST", "/v1/conversations", body, key=token)[0] in (403, 422)
    bob = jwt.encode(claims(sub="bob"), KEY, "EdDSA")
    for path in ("", "/messages", "/events"):
        gone = host.call("GET", f"/v1/conversations/{made['id']}{path}", key=bob)
        assert gone[0] == 404


@pytest.mark.parametrize(
    "token",
    [
        jwt.encode(claims(), OTHER_KEY, "EdDSA"),
        jwt.encode(claims(aud="mainstay"), KEY, "EdDSA"),
        jwt.encode(claims(exp=1), KEY, "EdDSA"),
        jwt.encode(claims(exp=None), KEY, "EdDSA"),
        jwt.encode(claims(sub=None), KEY, "EdDSA"),
        jwt.encode(claims(), None, "none"),
    ],
    ids=["foreign", "audience", "expired", "endless", "nobody", "none"],
)
def test_any_other_is_refused(host: Server, token: str) -> None:
    """A foreign key, audience or algorithm, and missing claims, get 401."""
    status, problem, headers = host.call("POST", "/v1/conversations", {}, key=token)
    assert status == 401
    assert problem["status"] == 401
    assert headers["www-authenticate"].startswith("Bearer")


def test_the_public_key_does_not_sign(host: Server) -> None:
    """A token under HS256 with the PEM as its secret is refused: all know the PEM."""

    def part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    head = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    said = head + b"." + part(json.dumps(claims()).encode())
    forged = said + b"." + part(hmac.digest(PEM, said, hashlib.sha256))
    assert host.call("POST", "/v1/conversations", {}, key=forged.decode())[0] == 401
