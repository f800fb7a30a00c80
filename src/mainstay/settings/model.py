"""The settings, typed and ranged: one field for each name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.fields import FieldInfo

from mainstay.settings.addresses import Carrier, Engine, carrier, engine
from mainstay.settings.alerts import AlertSettings
from mainstay.settings.forms import (
    agent_path,
    capitals,
    secrets_address,
    sqlite_path,
)
from mainstay.settings.otlp import OtlpSettings
from mainstay.settings.providers import Account, BaseUrl, ProviderSettings
from mainstay.settings.readiness import ReadinessSettings
from mainstay.settings.spend import SpendSettings
from mainstay.settings.variable import Var
from mainstay.settings.vendors import VendorSettings
from mainstay.system.cores import usable

MAX_PROCESSES = 64

Port = Annotated[int, Field(ge=0, le=65535)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    BeforeValidator(capitals),
]
QueueType = Literal["database", "sqs", "kafka", "rabbitmq"]
DatabaseType = Literal["sqlite", "postgres"]
EnvironmentKind = Literal["development", "production"]
AgentPath = Annotated[str, BeforeValidator(agent_path)]
SecretsAddress = Annotated[str, BeforeValidator(secrets_address)]


class Settings(
    ProviderSettings,
    SpendSettings,
    ReadinessSettings,
    AlertSettings,
    OtlpSettings,
    VendorSettings,
):
    """All that can be set; secrets are masked wherever they are printed.

    ``host`` and ``stand_in`` have no variable: the command line gives them. ``files``
    and ``managed`` tell which names came from a file or from ``secrets``, ``left_out``
    which had a fault and have their default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    # ── gateway ──
    api_port: Annotated[
        Port, Var("API_PORT", "Port of the gateway; 0 takes any free one.")
    ] = 8080
    api_workers: Annotated[
        Annotated[int, Field(ge=1, le=MAX_PROCESSES)] | None,
        Var(
            "API_WORKERS",
            "Processes of `serve gateway`, on one port.",
            default="one a core",
        ),
    ] = None
    api_timeout_s: Annotated[
        float,
        Field(ge=1, le=300),
        Var("API_TIMEOUT_SECONDS", "The longest an HTTP request may take, seconds."),
    ] = 30
    drain_notice_s: Annotated[
        Annotated[float, Field(ge=0, le=10)] | None,
        Var(
            "DRAIN_NOTICE_SECONDS",
            "Seconds a gateway or tool service that drains still takes requests, "
            "unready, so that balancers notice.",
            default="`5` in production, else `0`",
        ),
    ] = None
    rate_limit: Annotated[
        int,
        Field(ge=1, le=1_000_000),
        Var("RATE_LIMIT", "POSTs a minute and customer; also the burst."),
    ] = 1000

    # ── Claude ──
    claude_model: Annotated[Name, Var("CLAUDE_MODEL", "Model of levels 0 and 1.")] = (
        "claude-sonnet-5-5"
    )
    fallback_model: Annotated[Name, Var("FALLBACK_MODEL", "Model of level 2.")] = (
        "claude-haiku-5-5"
    )
    fallback_enabled: Annotated[
        bool, Var("FALLBACK_ENABLED", "Whether level 2 is tried at all.")
    ] = True
    anthropic_api_key: Annotated[
        SecretStr | None,
        Var("ANTHROPIC_API_KEY", "The key for Claude; its form is not checked.", True),
    ] = None
    anthropic_base_url: Annotated[
        BaseUrl | None,
        Var(
            "ANTHROPIC_BASE_URL",
            "Address of a server that speaks the Messages API.",
            default="Anthropic's own",
        ),
    ] = None
    claude_timeout_s: Annotated[
        float,
        Field(ge=0.1, le=120),
        Var("CLAUDE_TIMEOUT", "The longest one model call may take, seconds."),
    ] = 20
    claude_retries: Annotated[
        int,
        Field(ge=0, le=3),
        Var(
            "CLAUDE_RETRIES",
            "Retries, of models and tools, that one turn may spend.",
        ),
    ] = 3
    claude_account: Annotated[
        Account,
        Var(
            "CLAUDE_ACCOUNT",
            "Name of the account with Anthropic; another one has breakers anew.",
        ),
    ] = "main"
    breaker_threshold: Annotated[
        int,
        Field(ge=1, le=1000),
        Var(
            "BREAKER_THRESHOLD",
            "Failures in a row that open the breaker of a model or tool with less "
            "than 20 calls a minute.",
        ),
    ] = 5
    breaker_recovery_s: Annotated[
        float,
        Field(ge=1, le=3600),
        Var(
            "BREAKER_RECOVERY_SECONDS",
            "Seconds that a breaker stays open the first time, before trials.",
        ),
    ] = 60

    cached_answers_days: Annotated[
        int,
        Field(ge=0, le=365),
        Var(
            "CACHED_ANSWERS_DAYS",
            "Days level 3 may give an earlier answer again; 0: none is kept or given.",
        ),
    ] = 30

    # ── queue ──
    queue_type: Annotated[
        QueueType | None,
        Var(
            "QUEUE_TYPE",
            "What carries wake-ups: database, sqs, kafka or rabbitmq.",
            default="what QUEUE_URL says, else `database`",
        ),
    ] = None
    queue_url: Annotated[
        SecretStr | None,
        Var(
            "QUEUE_URL",
            "The broker: `amqp://…`, `kafka://…/topic`, or an SQS queue's URL.",
            True,
        ),
    ] = None
    queue_batch: Annotated[
        int,
        Field(ge=1, le=1000),
        Var("QUEUE_BATCH", "Wakes that one receive returns at most."),
    ] = 100
    queue_visibility_s: Annotated[
        float,
        Field(ge=1, le=43_200),
        Var(
            "QUEUE_VISIBILITY",
            "Seconds a received wake is hidden from others; `database`: 2 at most.",
        ),
    ] = 300

    # ── database ──
    db_type: Annotated[
        DatabaseType | None,
        Var(
            "DB_TYPE",
            "Engine of the store: sqlite or postgres.",
            default="what DATABASE_URL says, else `sqlite`",
        ),
    ] = None
    database_url: Annotated[
        SecretStr | None,
        Var(
            "DATABASE_URL",
            "The store: `postgresql://user:password@host:5432/database`, "
            "`sqlite:///relative/path` or `sqlite:////absolute/path`.",
            secret=True,
            default="`mainstay.db` in MAINSTAY_DATA",
        ),
    ] = None
    db_pool: Annotated[
        int,
        Field(ge=1, le=1000),
        Var("DB_POOL", "Connections a process has to PostgreSQL at most, 5 or more."),
    ] = 20
    db_timeout_s: Annotated[
        float,
        Field(ge=0.1, le=60),
        Var("DB_TIMEOUT", "The longest a statement waits for the database, seconds."),
    ] = 5

    # ── cache ──
    redis_url: Annotated[
        SecretStr | None,
        Var(
            "REDIS_URL",
            "Address of Redis, which all processes share; unset: each has its own "
            "rate limits and breakers.",
            True,
        ),
    ] = None
    redis_ttl_s: Annotated[
        int,
        Field(ge=1, le=604_800),
        Var("REDIS_TTL", "Seconds a conversation's context is kept in Redis."),
    ] = 3600

    # ── telemetry ──
    datadog_api_key: Annotated[
        SecretStr | None,
        Var(
            "DATADOG_API_KEY",
            "Key for Datadog; spans, metrics and log go there unless "
            "OTEL_EXPORTER_OTLP_ENDPOINT is set.",
            secret=True,
        ),
    ] = None
    new_relic_license_key: Annotated[
        SecretStr | None,
        Var(
            "NEW_RELIC_LICENSE_KEY",
            "Key for New Relic; the same holds.",
            secret=True,
        ),
    ] = None
    log_level: Annotated[
        LogLevel,
        Var("LOG_LEVEL", "DEBUG, INFO, WARNING, ERROR or CRITICAL."),
    ] = "INFO"

    # ── Mainstay ──
    env: Annotated[
        EnvironmentKind,
        Var("MAINSTAY_ENV", "development or production (JSON logs, stricter rules)."),
    ] = "development"
    agent: Annotated[
        AgentPath | None,
        Var(
            "MAINSTAY_AGENT",
            "The agent to run, as `pkg.module:agent`.",
            default="the sample shop, in development only",
        ),
    ] = None
    bootstrap_key: Annotated[
        SecretStr | None,
        Var(
            "MAINSTAY_BOOTSTRAP_KEY",
            "An admin key that exists from the first start; 32 characters or more.",
            secret=True,
        ),
    ] = None
    data: Annotated[
        Path,
        Var("MAINSTAY_DATA", "Folder of the embedded store and the process locks."),
    ] = Path("mainstay-data")
    token_secret: Annotated[
        SecretStr | None,
        Var(
            "MAINSTAY_TOKEN_SECRET",
            "Verifies customer tokens by HS256; 32 bytes or more.",
            secret=True,
        ),
    ] = None
    token_public_key: Annotated[
        str | None,
        Var(
            "MAINSTAY_TOKEN_PUBLIC_KEY",
            "Verifies customer tokens by EdDSA; an Ed25519 public key in PEM.",
        ),
    ] = None
    token_audience: Annotated[
        Name, Var("MAINSTAY_TOKEN_AUDIENCE", "The `aud` a customer token must have.")
    ] = "mainstay"  # noqa: S105 — an audience is public
    ops_port: Annotated[
        Port,
        Var(
            "OPS_PORT",
            "Port of a worker's /health and /metrics, and of the tool service.",
            default="any free one, printed",
        ),
    ] = 0
    secrets: Annotated[
        SecretsAddress | None,
        Var(
            "MAINSTAY_SECRETS",
            "A JSON secret that gives what neither variables nor files do: "
            "`aws-secretsmanager://name-or-arn?region=…`.",
        ),
    ] = None
    tools_url: Annotated[
        BaseUrl | None,
        Var(
            "TOOLS_URL",
            "Where workers find the tool service, e.g. `http://tools:9000/mcp`.",
            default="tools run in the worker",
        ),
    ] = None
    tools_secret: Annotated[
        SecretStr | None,
        Var(
            "MAINSTAY_TOOLS_SECRET",
            "Shared by workers and tool service; 32 bytes or more.",
            secret=True,
        ),
    ] = None

    # ── from the command line ──
    host: str | None = None
    stand_in: bool = False

    # ── from loading ──
    files: Mapping[str, Path] = {}
    managed: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()

    @property
    def bind_host(self) -> str:
        """Where to listen: loopback, or every interface in production."""
        if self.host is not None:
            return self.host
        return "0.0.0.0" if self.env == "production" else "127.0.0.1"  # noqa: S104 — the load balancer

    @property
    def gateway_processes(self) -> int:
        """How many processes ``serve gateway`` runs."""
        return self.api_workers or min(usable(), MAX_PROCESSES)

    @property
    def notice_s(self) -> float:
        """Seconds from being unready to taking no more requests."""
        if self.drain_notice_s is not None:
            return self.drain_notice_s
        return 5.0 if self.env == "production" else 0.0

    @property
    def engine(self) -> Engine:
        """The store's engine."""
        url = self.database_url
        return engine(self.db_type, None if url is None else url.get_secret_value())

    @property
    def carrier(self) -> Carrier:
        """What carries wakes."""
        url = self.queue_url
        return carrier(self.queue_type, None if url is None else url.get_secret_value())

    @property
    def database_path(self) -> Path:
        """The file of the embedded store."""
        if self.database_url is None:
            return self.data / "mainstay.db"
        return sqlite_path(self.database_url.get_secret_value())


def variables() -> dict[str, tuple[Var, FieldInfo]]:
    """Return each field that has a variable, in the order of the class."""
    return {
        field: (var, info)
        for field, info in Settings.model_fields.items()
        for var in info.metadata
        if isinstance(var, Var)
    }
