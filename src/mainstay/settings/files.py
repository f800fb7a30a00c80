"""Files that settings name: each must be there when a process starts."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

_CERTIFICATE = "OTEL_EXPORTER_OTLP_CERTIFICATE"
_IN_ADDRESSES = {
    "DATABASE_URL": ("sslcert", "sslcrl", "sslkey", "sslrootcert"),
    "QUEUE_URL": ("ca", "cafile", "certfile", "keyfile"),
    "REDIS_URL": ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"),
}
"""Parameters of addresses that name a file."""

MAX_BYTES = 10_000_000
"""No file of certificates is larger."""


def file_fault(path: Path, most: int = MAX_BYTES) -> str | None:
    """Return why a file cannot be read, None if it can: also one of too many bytes."""
    try:
        # Of a pipe or a device nobody knows whether its content ends.
        if path.exists() and not path.is_file():
            return "is not a file"
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
    except (OSError, ValueError) as error:
        return (isinstance(error, OSError) and error.strerror) or "is no path"
    return f"is larger than {most} bytes" if size > most else None


def named_file_fault(name: str, url: str) -> str | None:
    """Return which file that an address names cannot be read, and why."""
    try:
        asked = parse_qsl(urlsplit(url).query)
    except ValueError:
        return None
    for parameter, path in asked:
        if parameter in _IN_ADDRESSES[name] and (fault := file_fault(Path(path))):
            return f"the file of {parameter}: {fault}"
    return None


def certificate(values: Mapping[str, str]) -> list[str]:
    """The certificates by which a collector is trusted must be there."""
    path = values.get(_CERTIFICATE)
    if path is None or not (fault := _certificate_fault(Path(path))):
        return []
    return [f"{_CERTIFICATE}: {path}: {fault}"]


def _certificate_fault(path: Path) -> str | None:
    import ssl

    if fault := file_fault(path):
        return fault
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except OSError:
        return "has no certificate in PEM form"
    return None
