"""One HTTP exchange: its time holds, whatever the server does."""

import datetime as dt
import ipaddress
import ssl
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.unit.monitoring.senders import answering

from mainstay.monitoring.exchange.answer import Answer
from mainstay.monitoring.exchange.post import Post
from mainstay.system.clock import SystemClock
from mainstay.testing.otlp import OtlpReceiver

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
NO_LENGTH = b"HTTP/1.1 202 Accepted\r\n\r\n"
LATER = b"HTTP/1.1 429 Busy\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno"
WITHIN_S = 5.0


def post(url: str) -> Post:
    """Return what posts to an address."""
    return Post(f"{url}/v1/traces?a=b", {"Api-Key": "secret"}, SystemClock())


def test_a_connection_is_kept() -> None:
    """One handshake serves many requests; status and Retry-After are read."""
    with answering(OK, LATER, OK) as (url, accepted):
        posting = post(url)
        got = [posting.send(b"body", WITHIN_S) for _ in range(3)]
        posting.close()
    assert got == [Answer(200), Answer(429, "7"), Answer(200)]
    assert len(accepted) == 1


def test_a_kept_connection_may_be_gone() -> None:
    """A server that closed it while it was idle is asked again, by a new one."""
    with answering(OK, b"", OK) as (url, accepted):
        posting = post(url)
        assert posting.send(b"body", WITHIN_S) == Answer(200)
        assert posting.send(b"body", WITHIN_S) == Answer(200)
        posting.close()
    assert len(accepted) == 2


def test_a_new_connection_without_an_answer_is_a_fault() -> None:
    """It is not asked twice behind the caller's back."""
    with answering(b"", OK) as (url, accepted):
        with pytest.raises(ConnectionError, match="without an answer"):
            post(url).send(b"body", WITHIN_S)
        assert len(accepted) == 1


def test_an_answer_without_a_length_ends_with_its_head() -> None:
    """What was taken is not sent again because a body never ends."""
    with answering(NO_LENGTH) as (url, _):
        began = time.monotonic()
        assert post(url).send(b"body", WITHIN_S) == Answer(202)
        assert time.monotonic() - began < WITHIN_S / 2


def test_the_time_is_that_of_the_whole_exchange() -> None:
    """A server that sends a byte now and then does not hold us longer."""
    with answering(OK * 50, pause_s=0.05) as (url, _):
        began = time.monotonic()
        slow = post(url.replace("/v1", ""))
        with pytest.raises(TimeoutError):
            slow.send(b"body", 0.3)
        assert time.monotonic() - began < 1.5


def test_what_is_no_http_is_a_fault() -> None:
    """It says so; nothing else is raised than what callers deal with."""
    with (
        answering(b"SSH-2.0-OpenSSH_9.2\r\n\r\n") as (url, _),
        pytest.raises(ConnectionError, match="not an HTTP answer"),
    ):
        post(url).send(b"body", WITHIN_S)


def test_a_head_without_an_end_is_a_fault() -> None:
    """It is not read for ever, nor kept."""
    endless = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000
    with answering(endless) as (url, _), pytest.raises(ConnectionError):
        post(url).send(b"body", WITHIN_S)


def test_path_and_headers_are_sent() -> None:
    """As they were given."""
    with OtlpReceiver() as got:
        assert post(got.address.removesuffix("/")).send(b"", WITHIN_S).status == 200
        (request,) = got.requests
    assert request.path == "/v1/traces?a=b"
    assert request.headers["api-key"] == "secret"


def test_a_header_stays_on_its_line() -> None:
    """Whatever was copied into it."""
    with OtlpReceiver() as got:
        odd = Post(f"{got.address}/v1/logs", {"Api-Key": "a\r\nX: b\n"}, SystemClock())
        assert odd.send(b"", WITHIN_S).status == 200
        (request,) = got.requests
    assert request.headers["api-key"] == "a X: b"
    assert "x" not in request.headers


def authority(folder: Path) -> tuple[Path, Path]:
    """Return a certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now.replace(year=2099))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "ca.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private


def test_a_server_must_be_trusted(tmp_path: Path) -> None:
    """By the authorities that are named, else by the system's."""
    certificate, private = authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    with OtlpReceiver(context) as got:
        url = f"{got.address}/v1/traces"
        assert url.startswith("https://")
        trusting = Post(url, {}, SystemClock(), str(certificate))
        assert trusting.send(b"", WITHIN_S) == Answer(200)
        assert trusting.send(b"", WITHIN_S) == Answer(200)
        trusting.close()
        with pytest.raises(ssl.SSLCertVerificationError):
            Post(url, {}, SystemClock()).send(b"", WITHIN_S)


def test_a_file_of_authorities_that_went_is_named(tmp_path: Path) -> None:
    """With the setting that names it: what the system says names neither."""
    gone = tmp_path / "ca.pem"
    with answering(OK) as (url, _):
        there = url.replace("http:", "https:")
        posting = Post(there, {}, SystemClock(), str(gone))
        with pytest.raises(OSError, match="OTEL_EXPORTER_OTLP_CERTIFICATE") as told:
            posting.send(b"body", WITHIN_S)
    assert str(told.value).endswith(f"{gone}: No such file or directory")
