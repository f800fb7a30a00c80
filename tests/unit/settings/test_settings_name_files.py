"""Settings that name a file: it must be there before anything starts."""

from pathlib import Path

import pytest
from tests.unit.monitoring.test_otlp_post import authority

from mainstay.settings import faults

CERTIFICATE = "OTEL_EXPORTER_OTLP_CERTIFICATE"
ADDRESSES = [
    ("DATABASE_URL", "postgresql://u:Zx9@h/d?sslmode=verify-full&sslrootcert="),
    ("QUEUE_URL", "amqps://u:Zx9@h/?cafile="),
    ("QUEUE_URL", "kafka+ssl://u:Zx9@h:9092/topic?ca="),
    ("REDIS_URL", "rediss://:Zx9@h:6379?ssl_ca_certs="),
]


def test_certificates_that_are_there_are_taken(tmp_path: Path) -> None:
    """A file of one is enough."""
    trusted, _ = authority(tmp_path)
    assert faults({CERTIFICATE: str(trusted)}) == []


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the file, and what is the matter with it."""
    gone = tmp_path / "ca.pem"
    reason = "No such file or directory"
    assert faults({CERTIFICATE: str(gone)}) == [f"{CERTIFICATE}: {gone}: {reason}"]
    assert faults({CERTIFICATE: "/dev/zero"}) == [
        f"{CERTIFICATE}: /dev/zero: is not a file"
    ]
    gone.write_text("no certificate")
    reason = "has no certificate in PEM form"
    assert faults({CERTIFICATE: str(gone)}) == [f"{CERTIFICATE}: {gone}: {reason}"]


def test_rules_have_an_end(tmp_path: Path) -> None:
    """Nothing is read without a bound."""
    found = faults({"ALERT_RULES": "/dev/zero"})
    assert found == ["ALERT_RULES: /dev/zero: is not a file"]
    long = tmp_path / "rules.yml"
    long.write_text("#" * 1_000_001)
    found = faults({"ALERT_RULES": str(long)})
    assert found == [f"ALERT_RULES: {long}: is larger than 1000000 bytes"]


@pytest.mark.parametrize(("name", "address"), ADDRESSES)
def test_an_address_names_files_that_are_there(
    tmp_path: Path, name: str, address: str
) -> None:
    """A fault names the parameter; of an address nothing is shown."""
    file = tmp_path / "Zx9.pem"
    (found,) = faults({name: f"{address}{file}"})
    parameter = address.rpartition("?")[2].rpartition("&")[2].removesuffix("=")
    assert found == f"{name}: the file of {parameter}: No such file or directory"
    file.touch()
    assert faults({name: f"{address}{file}"}) == []
