"""Addresses of database, broker and cache: which engine each one names."""

import re
from collections.abc import Mapping
from typing import Literal, cast
from urllib.parse import urlsplit

from mainstay.settings.files import named_file_fault
from mainstay.settings.forms import sqlite_path
from mainstay.settings.readable import (
    MAX_PORT,
    port_is_possible,
    postgres_fault,
    queue_fault,
    redis_fault,
)

Engine = Literal["sqlite", "postgres"]
Carrier = Literal["database", "sqs", "kafka", "rabbitmq"]

_POSTGRES = ("postgresql://", "postgres://")
_SCHEMES: Mapping[Carrier, tuple[str, ...]] = {
    "rabbitmq": ("amqp://", "amqps://"),
    "kafka": ("kafka://", "kafka+ssl://"),
    "sqs": ("https://", "http://"),
}
MIN_POOL = 5
"""With PostgreSQL: writes, renewals, presence and news have a connection each."""

_REDIS = ("redis://", "rediss://", "unix://")
_BROKERS = tuple(scheme for schemes in _SCHEMES.values() for scheme in schemes)
_WITH_HOSTS = (*_POSTGRES, *_BROKERS, *_REDIS[:2])
_NAMES = ("DATABASE_URL", "QUEUE_URL", "REDIS_URL")
_TORN = (
    "host and port cannot be told; in user and password write / ? # @ as "
    "%2F %3F %23 %40"
)
_HOST = re.compile(r"(\[[^\[\]]+\]|[^:\[\]]*)(:\d{1,5})?")


def engine(db_type: str | None, url: str | None) -> Engine:
    """Return the store's engine: what the address says, else DB_TYPE, else SQLite."""
    if url is not None and url.startswith(_POSTGRES):
        return "postgres"
    return "postgres" if db_type == "postgres" else "sqlite"


def carrier(queue_type: str | None, url: str | None) -> Carrier:
    """Return what carries wakes: QUEUE_TYPE, else what the address says."""
    if queue_type is not None:
        return cast("Carrier", queue_type)
    for kind, schemes in _SCHEMES.items():
        if url is not None and url.startswith(schemes):
            return kind
    return "database"


def addresses(values: Mapping[str, str]) -> list[str]:
    """Each address must be there and fit its engine; a fault shows nothing of it."""
    found = [*_database(values), *_pool(values), *_queue(values), *_cache(values)]
    named = {fault.partition(":")[0] for fault in found}
    rest = {name: values[name] for name in _NAMES if name in values.keys() - named}
    for name, url in rest.items():
        if fault := _fault(name, url, values) or named_file_fault(name, url):
            found.append(f"{name}: {fault}")
    return found


def _database(values: Mapping[str, str]) -> list[str]:
    url, kind = values.get("DATABASE_URL"), values.get("DB_TYPE")
    production = values.get("MAINSTAY_ENV") == "production"
    if url is None:
        missing = kind == "postgres" and not production
        return ["DATABASE_URL not set"] if missing else []
    if url.startswith(_POSTGRES):
        told = "DATABASE_URL: names PostgreSQL, but DB_TYPE is sqlite; unset DB_TYPE"
        return [told] if kind == "sqlite" else []
    if kind == "postgres":
        return ["DATABASE_URL: should be like postgresql://user@host:5432/database"]
    try:
        sqlite_path(url)
    except ValueError as error:
        return [f"DATABASE_URL: {error}, or be like postgresql://user@host/database"]
    return []


def _pool(values: Mapping[str, str]) -> list[str]:
    size = values.get("DB_POOL", "")
    url, kind = values.get("DATABASE_URL"), values.get("DB_TYPE")
    if engine(kind, url) == "postgres" and size.isdigit() and 0 < int(size) < MIN_POOL:
        return [f"DB_POOL: should be {MIN_POOL} or more with PostgreSQL, not {size}"]
    return []


def _queue(values: Mapping[str, str]) -> list[str]:
    url, kind = values.get("QUEUE_URL"), values.get("QUEUE_TYPE")
    production = values.get("MAINSTAY_ENV") == "production"
    if url is None:
        missing = kind in _SCHEMES and not production
        return ["QUEUE_URL not set"] if missing else []
    if kind is None and carrier(None, url) == "database":
        return ["QUEUE_URL: names no broker; use amqp://, kafka:// or an SQS queue URL"]
    schemes = _SCHEMES.get(cast("Carrier", kind), ())
    if schemes and not url.startswith(schemes):
        wanted = " or ".join(schemes)
        return [f"QUEUE_URL: should begin with {wanted}, as QUEUE_TYPE is {kind}"]
    return []


def _cache(values: Mapping[str, str]) -> list[str]:
    url = values.get("REDIS_URL")
    if url is None or url.startswith(_REDIS):
        return []
    return ["REDIS_URL: should be like redis://host:6379/0"]


def _fault(name: str, url: str, values: Mapping[str, str]) -> str | None:
    """Return what no client could do with an address that fits its engine."""
    if _is_torn(url):
        # Of such an address a client takes the wrong parts, and shows them in errors.
        return _TORN
    if url.startswith(_WITH_HOSTS) and not port_is_possible(url):
        return f"port should be 1 to {MAX_PORT}"
    match name:
        case "DATABASE_URL":
            return postgres_fault(url) if url.startswith(_POSTGRES) else None
        case "QUEUE_URL":
            return queue_fault(carrier(values.get("QUEUE_TYPE"), url), url)
        case _:
            return redis_fault(url)


def _is_torn(url: str) -> bool:
    if not url.startswith(_WITH_HOSTS):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    hosts = parts.netloc.rpartition("@")[2].split(",")
    # What follows a sign that a password may not hold looks like path or fragment.
    split = parts.fragment or "@" in parts.path
    return bool(split) or not all(map(_HOST.fullmatch, hosts))
