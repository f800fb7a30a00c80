"""The queue on Kafka over TLS, with a password."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.conformance.kafka_queues import Troubles, options_at, receiver

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.queues.kafka.setup import init
from mainstay.testing.queue_conformance import names
from mainstay.testing.servers.kafka import KafkaServer


@dataclass(frozen=True, slots=True)
class Secured:
    """A server with a certificate.

    Args:
        server: it runs.
        ca: the certificate.
    """

    server: KafkaServer
    ca: Path


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Start a server whose certificate nobody else signed."""
    folder = tmp_path_factory.mktemp("kafka")
    pem, ca = certified(folder)
    server = KafkaServer(folder, pem)
    server.start()
    try:
        yield Secured(server, ca)
    finally:
        server.process.kill()


def certified(folder: Path) -> tuple[Path, Path]:
    """Write a key with its certificate for localhost, and the certificate alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem, ca = folder / "server.pem", folder / "ca.pem"
    pem.write_bytes(secret + certificate)
    ca.write_bytes(certificate)
    return pem, ca


async def test_wakes_travel_encrypted(secured: Secured):
    """By the address alone: scheme, user, and the file of who signed."""
    url = f"{secured.server.secure_url('secret')}?ca={secured.ca}"
    of = replace(options_at(url), timeout_s=5.0)
    await init(of)
    async with receiver(of) as queue:
        await queue.publish([Wake("conv_1")])
        assert names(await queue.receive(10, 10)) == ["conv_1"]
        assert (await queue.stats()).in_flight == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [({"ca": ""}, "certificate"), ({"password": "wrong"}, "uthentication")],
)
async def test_who_is_not_trusted_is_told(
    secured: Secured, change: dict[str, str], told: str
):
    """A broker that nobody knows, and a wrong password; the password is not shown."""
    url = f"{secured.server.secure_url('secret')}?ca={secured.ca}"
    troubles = Troubles()
    async with receiver(replace(options_at(url), **change), troubles) as queue:
        assert told in troubles.texts[0]
        with pytest.raises(QueueUnavailable, match=told):
            async with asyncio.timeout(10):
                await queue.receive(1, 30)
    assert "for-tests" not in "".join(troubles.texts)
