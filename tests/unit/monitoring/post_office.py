"""A post office on loopback: SMTP with STARTTLS and a password."""

import base64
import socketserver
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.unit.monitoring.told_places import served

RIGHT, WRONG = "right", "wrong"
"""Passwords."""


@dataclass
class PostOffice:
    """Takes mail by SMTP with STARTTLS.

    Args:
        port: on loopback, as ``localhost``.
        trust: believes in its certificate.
        mails: each one's text.
        logins: user and password of each.
        was_secret: whether each came in TLS.
        parts: whether it answers who leaves.
    """

    trust: ssl.SSLContext
    port: int = 0
    mails: list[str] = field(default_factory=list[str])
    logins: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    was_secret: list[bool] = field(default_factory=list[bool])
    parts: bool = True


class Clerk(socketserver.StreamRequestHandler):
    """Serves one connection."""

    office: PostOffice
    own: ssl.SSLContext

    def handle(self) -> None:
        """Take mail until the other side goes."""
        self._secret = False
        self._say("220 ready")
        while line := self.rfile.readline():
            word, _, rest = line.decode().strip().partition(" ")
            serve = getattr(self, f"on_{word.lower()}", None)
            if serve is None:
                self._say("250 ok")
            else:
                serve(rest)

    def on_ehlo(self, _: str) -> None:
        """Say what there is."""
        self._say("250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN")

    def on_starttls(self, _: str) -> None:
        """Go on in TLS."""
        self._say("220 go on")
        self.connection = self.own.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self._secret = True

    def on_auth(self, rest: str) -> None:
        """Look at the password."""
        told = base64.b64decode(rest.split()[1]).decode()
        _, user, password = told.split("\0")
        self.office.logins.append((user, password))
        self._say("235 welcome" if password == RIGHT else "535 no")

    def on_data(self, _: str) -> None:
        """Take one mail."""
        self._say("354 go on")
        lines = iter(self.rfile.readline, b".\r\n")
        self.office.mails.append(b"".join(lines).decode())
        self.office.was_secret.append(self._secret)
        self._say("250 taken")

    def on_quit(self, _: str) -> None:
        """Part."""
        if self.office.parts:
            self._say("221 bye")

    def _say(self, text: str) -> None:
        self.connection.sendall(f"{text}\r\n".encode())


@contextmanager
def post_office(folder: Path) -> Generator[PostOffice]:
    """Open a post office with a certificate for localhost."""
    certificate = _certificate(folder)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate)
    one = PostOffice(ssl.create_default_context(cafile=str(certificate)))
    clerk = type("Clerk", (Clerk,), {"office": one, "own": own})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), clerk)
    one.port = server.server_address[1]
    with served(server):
        yield one


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "office.pem"
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(pem, form, plain) + certificate.public_bytes(pem)
    )
    return path
