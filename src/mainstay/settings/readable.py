"""What of an address its client could not use, as far as no server need be asked."""

from urllib.parse import parse_qsl, urlsplit

from mainstay.queues.kafka.address import options_of as kafka_options
from mainstay.queues.rabbitmq.options import RabbitMqOptions
from mainstay.queues.sqs.options import ELSEWHERE, SqsOptions

MAX_PORT = 65_535
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_ONLY_LIBPQ = frozenset(
    {
        "channel_binding",
        "connect_timeout",
        "gssencmode",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "load_balance_hosts",
        "require_auth",
        "requirepeer",
        "sslcompression",
        "sslsni",
        "tcp_user_timeout",
    }
)
"""Parameters of libpq that asyncpg sends to the server, which refuses them."""

_REDIS_NUMBERS = frozenset(
    {
        "db",
        "health_check_interval",
        "max_connections",
        "socket_connect_timeout",
        "socket_timeout",
        "timeout",
    }
)
_REDIS_TEXTS = frozenset({"client_name", "password", "socket_keepalive", "username"})
_REDIS_TLS = frozenset(
    {
        "ssl_ca_certs",
        "ssl_ca_path",
        "ssl_cert_reqs",
        "ssl_certfile",
        "ssl_check_hostname",
        "ssl_keyfile",
        "ssl_password",
    }
)


def port_is_possible(url: str) -> bool:
    """Tell whether every host of an address has a port from 1 to 65535, or none."""
    hosts = urlsplit(url).netloc.rpartition("@")[2].split(",")
    ports = (host.rpartition("]")[2].rpartition(":")[2] for host in hosts if host)
    return all(_is_port(port) for port in ports if port.isdecimal())


def postgres_fault(url: str) -> str | None:
    """Return what is wrong with the address of a PostgreSQL database."""
    parts = urlsplit(url)
    if not (parts.netloc or parts.path.strip("/") or parts.query):
        return "should be like postgresql://user@host:5432/database"
    try:
        asked = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        return "after ? there should be name=value&name=value"
    if asked.get("sslmode", "prefer") not in _SSL_MODES:
        return f"sslmode should be one of {', '.join(_SSL_MODES)}"
    if not all(_is_port(port) for port in asked.get("port", "1").split(",")):
        return f"port should be 1 to {MAX_PORT}"
    if refused := sorted(_ONLY_LIBPQ & asked.keys()):
        return f"the client knows no {', '.join(refused)}; leave it out"
    return None


def redis_fault(url: str) -> str | None:
    """Return what is wrong with the address of a Redis server."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    known = _REDIS_NUMBERS | _REDIS_TEXTS
    if parts.scheme == "rediss":
        known |= _REDIS_TLS
    if not asked.keys() <= known:
        return f"after ? it may have {', '.join(sorted(known))}"
    for name in sorted(_REDIS_NUMBERS & asked.keys()):
        if not asked[name].isdecimal():
            return f"{name} should be a whole number"
    database = "" if parts.scheme == "unix" else parts.path.strip("/")
    if database and not database.isdecimal():
        return "the database should be a number, as in redis://host:6379/0"
    return None


def queue_fault(carrier: str, url: str) -> str | None:
    """Return what is wrong with the address of a queue on such a carrier."""
    try:
        match carrier:
            case "kafka":
                kafka_options(url, batch=1, visibility_s=1.0)
            case "rabbitmq":
                RabbitMqOptions(url=url)
            case "sqs":
                # Which region it is may be told elsewhere.
                SqsOptions(url=url, region=ELSEWHERE)
            case _:
                pass
    except ValueError as error:
        return str(error)
    return None


def _is_port(text: str) -> bool:
    return text.isdecimal() and 0 < int(text) <= MAX_PORT
