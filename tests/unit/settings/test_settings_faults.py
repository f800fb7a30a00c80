"""Faults: each is named, all at once, and no secret is in one."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from mainstay.settings import SettingsFault, faults, load, load_without, notes
from mainstay.settings.model import variables

PRODUCTION = {"MAINSTAY_ENV": "production"}


def test_production_names_everything_that_is_missing() -> None:
    """An empty production environment has exactly these three faults."""
    assert faults(PRODUCTION) == [
        "ANTHROPIC_API_KEY not set",
        "DATABASE_URL not set",
        "QUEUE_URL not set",
    ]


def test_embedded_engines_need_no_address_when_they_are_chosen() -> None:
    """An explicit sqlite needs no DATABASE_URL, an explicit database no QUEUE_URL."""
    chosen = PRODUCTION | {"DB_TYPE": "sqlite", "QUEUE_TYPE": "database"}
    assert faults(chosen) == ["ANTHROPIC_API_KEY not set"]
    assert faults(chosen | {"ANTHROPIC_API_KEY": "any form"}) == []


def test_development_needs_nothing() -> None:
    """The defaults are enough outside production."""
    assert faults({}) == []


def test_a_command_asks_for_what_it_needs_only() -> None:
    """Administration in production needs the database only, a client nothing."""
    with pytest.raises(SettingsFault) as caught:
        load(PRODUCTION, needs=frozenset({"DATABASE_URL"}))
    assert caught.value.faults == ("DATABASE_URL not set",)
    assert load(PRODUCTION, needs=frozenset()).env == "production"


def test_all_faults_are_named_at_once() -> None:
    """Missing, wrong, out of range and unknown: one list."""
    env = PRODUCTION | {
        "DB_TYPE": "sqlite",
        "API_PORT": "65536",
        "QUEUE_BATCH": "many",
        "MAINSTAY_AGNET": "a:b",
    }
    assert faults(env) == [
        "ANTHROPIC_API_KEY not set",
        "QUEUE_URL not set",
        "API_PORT: should be less than or equal to 65535, not '65536'",
        (
            "QUEUE_BATCH: should be a valid integer, "
            "unable to parse string as an integer, not 'many'"
        ),
        "MAINSTAY_AGNET is not a setting; did you mean MAINSTAY_AGENT?",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("API_PORT", "-1"),
        ("API_WORKERS", "0"),
        ("API_TIMEOUT_SECONDS", "nan"),
        ("RATE_LIMIT", "0"),
        ("CLAUDE_MODEL", "m" * 201),
        ("FALLBACK_ENABLED", "perhaps"),
        ("CLAUDE_TIMEOUT", "0"),
        ("CLAUDE_RETRIES", "4"),
        ("QUEUE_TYPE", "redis"),
        ("QUEUE_BATCH", "1001"),
        ("QUEUE_VISIBILITY", "inf"),
        ("DB_TYPE", "mysql"),
        ("DB_POOL", "0"),
        ("DB_TIMEOUT", "61"),
        ("REDIS_TTL", "1.5"),
        ("LOG_LEVEL", "loud"),
        ("MAINSTAY_ENV", "prod"),
        ("MAINSTAY_AGENT", "agent.py"),
        ("ANTHROPIC_BASE_URL", "ftp://h"),
        ("ANTHROPIC_BASE_URL", "http://h:99999"),
        ("OPS_PORT", "x"),
        ("DRAIN_NOTICE_SECONDS", "11"),
        ("MAINSTAY_TOOLS_SECRET", "s" * 31),
    ],
)
def test_a_value_out_of_range_is_named(name: str, text: str) -> None:
    """Exactly one fault, and it begins with the name."""
    (found,) = faults({name: text})
    assert found.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("env", "fault"),
    [
        ({"DB_TYPE": "postgres"}, "DATABASE_URL not set"),
        (
            {"DB_TYPE": "sqlite", "DATABASE_URL": "postgresql://u:pw@h/d"},
            "DATABASE_URL: names PostgreSQL, but DB_TYPE is sqlite; unset DB_TYPE",
        ),
        (
            {"DB_TYPE": "postgres", "DATABASE_URL": "sqlite:///x.db"},
            "DATABASE_URL: should be like postgresql://user@host:5432/database",
        ),
        (
            {"DATABASE_URL": "postgresql://u:pw@h/d", "DB_POOL": "4"},
            "DB_POOL: should be 5 or more with PostgreSQL, not 4",
        ),
        ({"QUEUE_TYPE": "kafka"}, "QUEUE_URL not set"),
        (
            {"QUEUE_TYPE": "kafka", "QUEUE_URL": "amqp://u:pw@h"},
            (
                "QUEUE_URL: should begin with kafka:// or kafka+ssl://, "
                "as QUEUE_TYPE is kafka"
            ),
        ),
        (
            {"QUEUE_URL": "ftp://u:pw@h"},
            "QUEUE_URL: names no broker; use amqp://, kafka:// or an SQS queue URL",
        ),
        (
            {"REDIS_URL": "http://u:pw@h"},
            "REDIS_URL: should be like redis://host:6379/0",
        ),
    ],
)
def test_an_address_must_fit_its_engine(env: dict[str, str], fault: str) -> None:
    """An address of another engine, or none where one is needed, is named."""
    assert faults(env) == [fault]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgresql://u:Zx9#pw@h:5432/d"),
        ("DATABASE_URL", "postgresql://u:5432#Zx9@h/d"),
        ("DATABASE_URL", "postgresql://u:12/Zx9@h/d"),
        ("DATABASE_URL", "postgresql://u:Zx9?pw@h/d"),
        ("DATABASE_URL", "postgresql://u:pw@h1:5432,h2:Zx9/d"),
        ("DATABASE_URL", "postgres://u:pw@[Zx9::1/d"),
        ("QUEUE_URL", "amqp://u:Zx9#pw@h:5672/"),
        ("QUEUE_URL", "kafka://h:90Zx9/topic"),
        ("QUEUE_URL", "http://h:93Zx9/0/queue"),
        ("REDIS_URL", "rediss://:Zx9/pw@h:6379/0"),
    ],
)
def test_an_address_that_falls_apart_is_named_not_shown(name: str, url: str) -> None:
    """A sign of the address in its password: a client's error would show the rest."""
    (found,) = faults({name: url})
    assert found.startswith(f"{name}: host and port cannot be told; ")
    assert "Zx9" not in found


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgresql://u:p%23w@h1:5432,h2/d?target_session_attrs=any"),
        ("DATABASE_URL", "postgresql:///d?host=/run/postgresql&user=a@b"),
        ("DATABASE_URL", "postgresql://u@%2Frun%2Fpostgresql/d"),
        ("DATABASE_URL", "postgresql://u:p@w@[::1]:5432/d"),
        ("QUEUE_URL", "amqps://u:pw@h//"),
        ("QUEUE_URL", "kafka+ssl://u:pw@h1:9092,h2:9092/topic"),
        ("QUEUE_URL", "http://sqs:9324/000000000000/queue"),
        ("REDIS_URL", "redis://:pw@h:6379/0"),
        ("REDIS_URL", "rediss://h:6379?ssl_cert_reqs=none&socket_timeout=1"),
        ("REDIS_URL", "unix:///run/redis@1.sock"),
        ("REDIS_URL", "unix:///run/redis.sock?db=1"),
        ("DATABASE_URL", "postgresql://u@h/d?sslmode=verify-full&work_mem=8MB"),
    ],
)
def test_an_address_may_have_what_its_client_reads(name: str, url: str) -> None:
    """Several hosts, sockets, IPv6, no host, signs that are written out."""
    assert faults({name: url}) == []


@pytest.mark.parametrize(
    ("name", "url", "way_out"),
    [
        ("DATABASE_URL", "postgresql://u@h:Zx9/d", "host and port cannot be told"),
        ("DATABASE_URL", "postgresql://u@h:99999/d", "port should be 1 to 65535"),
        ("DATABASE_URL", "postgresql://u@h1:5432,[::1]:0/d", "port should be"),
        ("DATABASE_URL", "postgresql:///d?host=h&port=Zx9", "port should be"),
        ("DATABASE_URL", "postgresql://", "should be like postgresql://user@host"),
        ("DATABASE_URL", "postgresql://u@h/d?sslmode=Zx9", "sslmode should be one of"),
        ("DATABASE_URL", "postgresql://u@h/d?Zx9", "name=value"),
        ("DATABASE_URL", "postgresql://u:12?Zx9@h/d", "name=value"),
        (
            "DATABASE_URL",
            "postgresql://u@h/d?connect_timeout=9&channel_binding=Zx9",
            "the client knows no channel_binding, connect_timeout",
        ),
        ("REDIS_URL", "redis://h:99999/0", "port should be 1 to 65535"),
        ("REDIS_URL", "redis://h/0?Zx9=1", "after ? it may have client_name, db,"),
        ("REDIS_URL", "redis://h/0?ssl_ca_certs=Zx9", "after ? it may have"),
        ("REDIS_URL", "redis://h/?db=Zx9", "db should be a whole number"),
        ("REDIS_URL", "redis://h/Zx9", "the database should be a number"),
        ("QUEUE_URL", "amqp://u:pw@h:Zx9/", "host and port cannot be told"),
        ("QUEUE_URL", "amqp://u:pw@h:99999/", "port should be 1 to 65535"),
        ("QUEUE_URL", "amqp://u:12?Zx9@h/", "may have auth, cadata"),
        ("QUEUE_URL", "amqp://h/?queue=Zx9%20", "1 to 200 letters"),
        ("QUEUE_URL", "https://x.example/Zx9", "https://<host>/<account>/<name>"),
        ("QUEUE_URL", "kafka://h:9092", "a topic is 1 to 200 letters"),
        ("QUEUE_URL", "kafka://h:Zx9/t", "host and port cannot be told"),
        ("QUEUE_URL", "kafka://h1:9092,h2:99999/t", "port should be 1 to 65535"),
        ("QUEUE_URL", "kafka://h/t?Zx9=1", "the address may have ca, mechanism"),
    ],
)
def test_an_address_that_no_client_can_use_is_named_not_shown(
    name: str, url: str, way_out: str
) -> None:
    """What can be known without a server is a fault of the settings: one line."""
    (found,) = faults({name: url})
    assert found.startswith(f"{name}: ")
    assert way_out in found
    assert "Zx9" not in found
    assert "\n" not in found


def test_each_address_has_its_fault() -> None:
    """Three that cannot be used are three faults, and no other is hidden by them."""
    env = {
        "DATABASE_URL": "postgresql://h:0/d",
        "QUEUE_URL": "ftp://h",
        "REDIS_URL": "redis://h/x",
    }
    named = [fault.partition(":")[0] for fault in faults(env)]
    assert sorted(named) == ["DATABASE_URL", "QUEUE_URL", "REDIS_URL"]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "pw", "sqlite:///"])
def test_an_sqlite_address_names_a_file(url: str) -> None:
    """A store in memory would lose every message; an address without a file too."""
    (found,) = faults({"DATABASE_URL": url})
    assert found.startswith("DATABASE_URL: should name a file")


def test_keys_are_long_enough() -> None:
    """31 characters of a bootstrap key, 31 bytes of a token secret are too few."""
    short = {"MAINSTAY_BOOTSTRAP_KEY": "k" * 31, "MAINSTAY_TOKEN_SECRET": "s" * 31}
    assert faults(short) == [
        "MAINSTAY_BOOTSTRAP_KEY: should have 32 characters or more",
        "MAINSTAY_TOKEN_SECRET: should have 32 bytes or more",
    ]
    long = {"MAINSTAY_BOOTSTRAP_KEY": "k" * 32, "MAINSTAY_TOKEN_SECRET": "é" * 16}
    assert faults(long) == []


def test_a_tool_service_has_an_endpoint_and_a_secret(tmp_path: Path) -> None:
    """TOOLS_URL names the endpoint and needs the secret, which may be in a file."""
    url = {"TOOLS_URL": "http://tools:9000/mcp"}
    assert faults(url) == [
        "MAINSTAY_TOOLS_SECRET not set; TOOLS_URL needs the tool service's"
    ]
    secret = tmp_path / "secret"
    secret.write_text("s" * 32)
    assert faults(url | {"MAINSTAY_TOOLS_SECRET_FILE": str(secret)}) == []
    assert faults(
        {"TOOLS_URL": "http://tools:9000", "MAINSTAY_TOOLS_SECRET": SECRET}
    ) == ["TOOLS_URL: should be like http://host:9000/mcp"]


def test_a_token_has_one_algorithm() -> None:
    """Only an Ed25519 key in PEM is a public key, and never beside a secret."""
    public = Ed25519PrivateKey.generate().public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    other = generate_private_key(SECP256R1()).public_key()
    form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert faults({"MAINSTAY_TOKEN_PUBLIC_KEY": pem}) == []
    for wrong in ("pem", other.public_bytes(*form).decode()):
        (found,) = faults({"MAINSTAY_TOKEN_PUBLIC_KEY": wrong})
        assert "Ed25519" in found
    both = {"MAINSTAY_TOKEN_PUBLIC_KEY": pem, "MAINSTAY_TOKEN_SECRET": "s" * 32}
    (found,) = faults(both)
    assert "both set" in found


def test_records_are_signed_with_one_kind_of_key() -> None:
    """An Ed25519 private key in PEM; the fault says how to make one."""
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = Ed25519PrivateKey.generate().private_bytes(*form).decode()
    other = generate_private_key(SECP256R1()).private_bytes(*form).decode()
    assert faults({"MAINSTAY_RECORD_KEY": pem}) == []
    for wrong in ("pem", other):
        (found,) = faults({"MAINSTAY_RECORD_KEY": wrong})
        assert "openssl genpkey -algorithm ed25519" in found
        assert "BEGIN" not in found


def test_the_data_folder_is_a_folder(tmp_path: Path) -> None:
    """A file in its place is a fault; a folder that does not exist yet is not."""
    file = tmp_path / "file"
    file.touch()
    assert faults({"MAINSTAY_DATA": str(file)}) == [
        f"MAINSTAY_DATA: {file} is not a folder"
    ]
    assert faults({"MAINSTAY_DATA": str(tmp_path / "new")}) == []


SECRET = "Zx9-correct-horse-battery-staple-Zx9"  # noqa: S105 — planted to be looked for


def test_no_secret_is_ever_shown() -> None:
    """Neither a fault, nor an exception, nor the settings' own text has the value."""
    secrets = [var.name for var, _ in variables().values() if var.secret]
    assert len(secrets) == 19
    shown = [
        *(faults({name: SECRET}) for name in secrets),
        faults(dict.fromkeys(secrets, SECRET)),
        faults({"ANTHROPIC_BASE_URL": f"https://user:{SECRET}@h"}),
        faults({"DATABASE_URL": f"{SECRET}://h"}),
    ]
    quiet = {"ANTHROPIC_API_KEY": SECRET, "MAINSTAY_BOOTSTRAP_KEY": SECRET}
    settings = load(quiet | {"DATABASE_URL": f"sqlite:///{SECRET}"})
    shown += [repr(settings), str(settings), settings.model_dump_json()]
    assert SECRET not in str(shown)
    assert SECRET.lower() not in str(shown)


def test_what_has_no_effect_is_noted_not_refused() -> None:
    """A name of a later version is accepted, and its having no effect is said."""
    env = {"OTEL_SERVICE_NAME": "x", "OTEL_LOG_LEVEL": "x"}
    assert faults(env) == []
    assert [note.split()[0] for note in notes(env)] == ["OTEL_LOG_LEVEL"]
    assert notes({"ENABLE_TRACING": "true", "OTEL_TRACES_SAMPLER": "always_on"}) == []
    assert notes({}) == []


def test_a_note_is_true_wherever_a_value_is_from(tmp_path: Path) -> None:
    """From a file it counts; what a managed secret may give is not said to lack."""
    (tmp_path / "type").write_text("database\n")
    env = {"QUEUE_URL": "amqp://h", "QUEUE_TYPE_FILE": str(tmp_path / "type")}
    assert notes(env) == ["QUEUE_URL has no effect with QUEUE_TYPE=database"]
    assert notes({"REDIS_TTL": "9"}) == ["REDIS_TTL has no effect without REDIS_URL"]
    managed = {"MAINSTAY_SECRETS": "aws-secretsmanager://mainstay"}
    assert notes(managed | {"REDIS_TTL": "9"}) == []


SPARE = ("RATE_LIMIT", "LIMIT_CONVERSATION_USD")


def test_what_can_be_spared_is_left_out_where_it_has_a_fault() -> None:
    """It has its default, and the settings tell which these are."""
    good = {"RATE_LIMIT": "9", "API_PORT": "1"}
    assert load_without(good, SPARE) == load(good)
    found = load_without(good | {"RATE_LIMIT": "none"}, SPARE)
    assert (found.rate_limit, found.api_port) == (1000, 1)
    assert found.left_out == {"RATE_LIMIT"}
    unpriced = {"CLAUDE_MODEL": "unpriced", "LIMIT_CONVERSATION_USD": "1"}
    assert load_without(unpriced, SPARE).limit_conversation_usd is None


@pytest.mark.parametrize(
    "more",
    [
        {"API_PORT": "none"},
        {"RATE_LIMIT": "1", "RATE_LIMIT_FILE": "/nowhere"},
        {"MAINSTAY_RATE_LIMIT": "1"},
        {"LIMIT_CONVERSATION_USD": "1", "CLAUDE_MODEL": "unpriced"},
    ],
    ids=["another", "twice", "unknown", "only seen without the first"],
)
def test_any_other_fault_is_none_to_go_on_with(more: dict[str, str]) -> None:
    """So is one that shows when the first are out of the way."""
    with pytest.raises(SettingsFault):
        load_without({"RATE_LIMIT": "none"} | more, SPARE)
