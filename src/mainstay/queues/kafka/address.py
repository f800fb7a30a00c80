"""QUEUE_URL of Kafka: ``kafka://user:password@host:port,host:port/topic?ca=…``."""

from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote

from mainstay.queues.address import parted
from mainstay.queues.kafka.options import KafkaOptions

SCHEMES = {"kafka": False, "kafka+ssl": True}
PORT = 9092
TEXTS = frozenset({"ca", "mechanism"})
NUMBERS = frozenset({"partitions", "replicas"})


def options_of(url: str, *, batch: int, visibility_s: float) -> KafkaOptions:
    """Return the options that an address names.

    Raises:
        ValueError: it is not such an address; the text shows nothing of it.
    """
    parts = parted(url)
    if parts.scheme not in SCHEMES or parts.fragment:
        raise ValueError("the address is kafka://host:port/topic or kafka+ssl://…")
    user, hosts = _split(parts)
    name, _, password = user.partition(":")
    if not hosts:
        raise ValueError("the address names no broker")
    return KafkaOptions(
        servers=",".join(_with_port(host) for host in hosts.split(",")),
        topic=parts.path.strip("/"),
        tls=SCHEMES[parts.scheme],
        user=unquote(name),
        password=unquote(password),
        batch=batch,
        visibility_s=visibility_s,
        **_asked(parts.query),
    )


def _split(parts: SplitResult) -> tuple[str, str]:
    """Return credentials and hosts; there may be several hosts."""
    user, _, hosts = parts.netloc.rpartition("@")
    return user, hosts


def _with_port(host: str) -> str:
    """Return a broker with its port, which IPv6 addresses have after a bracket."""
    return host if ":" in host.rpartition("]")[2] else f"{host}:{PORT}"


def _asked(query: str) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in TEXTS:
            asked[name] = value
        elif name in NUMBERS and value.isdigit():
            asked[name] = int(value)
        else:
            known = ", ".join(sorted(TEXTS | NUMBERS))
            raise ValueError(f"after ? the address may have {known}")
    return asked
