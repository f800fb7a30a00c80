"""A Kafka server with a certificate."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mainstay.testing.servers.kafka import KafkaServer


@dataclass(frozen=True, slots=True)
class Secured:
    """A server with a second address, over TLS.

    Args:
        server: not started.
        ca: the certificate, which nobody else signed.
    """

    server: KafkaServer
    ca: Path


def secured(folder: Path) -> Secured:
    """Make a server."""
    pem, ca = certified(folder)
    return Secured(KafkaServer(folder, pem), ca)


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
