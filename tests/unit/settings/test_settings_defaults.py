"""Settings without an environment, and each name read."""

from pathlib import Path

import pytest

from mainstay.settings import Settings, environment, load, overlaid
from mainstay.settings.model import variables
from mainstay.settings.part import Part
from mainstay.system.cores import usable

CONTRACT = {
    "API_PORT": 8080,
    "API_TIMEOUT_SECONDS": 30,
    "RATE_LIMIT": 1000,
    "CLAUDE_MODEL": "claude-sonnet-5-5",
    "FALLBACK_MODEL": "claude-haiku-5-5",
    "FALLBACK_ENABLED": True,
    "CLAUDE_TIMEOUT": 20,
    "CLAUDE_RETRIES": 3,
    "CLAUDE_PROVIDERS": "anthropic",
    "CLAUDE_ACCOUNT": "main",
    "BREAKER_THRESHOLD": 5,
    "BREAKER_RECOVERY_SECONDS": 60,
    "CACHED_ANSWERS_DAYS": 30,
    "QUEUE_BATCH": 100,
    "QUEUE_VISIBILITY": 300,
    "DB_POOL": 20,
    "DB_TIMEOUT": 5,
    "REDIS_TTL": 3600,
    "LOG_LEVEL": "INFO",
    "ENABLE_TRACING": True,
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_TRACES_SAMPLER": "parentbased_always_on",
    "OTEL_TRACES_SAMPLER_ARG": 1.0,
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "NO_CONTENT",
    "MAINSTAY_ENV": "development",
    "MAINSTAY_DATA": Path("mainstay-data"),
    "MAINSTAY_TOKEN_AUDIENCE": "mainstay",
    "DD_SITE": "datadoghq.com",
    "OTEL_SDK_DISABLED": False,
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
    "OTEL_EXPORTER_OTLP_TIMEOUT": 10_000,
    "OTEL_METRIC_EXPORT_INTERVAL": 60_000,
    "OTEL_METRIC_EXPORT_TIMEOUT": 30_000,
    "OTEL_BSP_SCHEDULE_DELAY": 5_000,
    "OTEL_BSP_EXPORT_TIMEOUT": 30_000,
    "OTEL_BSP_MAX_QUEUE_SIZE": 2048,
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": 512,
    "OTEL_BLRP_SCHEDULE_DELAY": 1_000,
    "OTEL_BLRP_EXPORT_TIMEOUT": 30_000,
    "OTEL_BLRP_MAX_QUEUE_SIZE": 2048,
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": 512,
    "ALERT_PAGERDUTY_URL": "https://events.pagerduty.com",
    "ALERT_REPEAT_HOURS": 4,
    "MAINSTAY_DEPLOYMENT": "mainstay",
    "MAINSTAY_RUNBOOKS": Path("docs/runbooks"),
}
UNSET = {
    "QUEUE_TYPE",
    "DB_TYPE",
    "API_WORKERS",
    "DRAIN_NOTICE_SECONDS",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "BEDROCK_REGION",
    "BEDROCK_BASE_URL",
    "BEDROCK_MODELS",
    "VERTEX_PROJECT",
    "VERTEX_REGION",
    "VERTEX_BASE_URL",
    "VERTEX_MODELS",
    "HEDGE_AFTER_SECONDS",
    "QUEUE_URL",
    "DATABASE_URL",
    "REDIS_URL",
    "DATADOG_API_KEY",
    "NEW_RELIC_LICENSE_KEY",
    "MAINSTAY_AGENT",
    "MAINSTAY_BOOTSTRAP_KEY",
    "MAINSTAY_SECRETS",
    "MAINSTAY_TOKEN_SECRET",
    "MAINSTAY_TOKEN_PUBLIC_KEY",
    "TOOLS_URL",
    "MAINSTAY_TOOLS_SECRET",
    "LIMIT_CUSTOMER_TOKENS_PER_DAY",
    "LIMIT_CUSTOMER_USD_PER_DAY",
    "LIMIT_CONVERSATION_TOKENS",
    "LIMIT_CONVERSATION_USD",
    "LIMIT_DAY_TOKENS",
    "LIMIT_DAY_USD",
    "DATADOG_OTLP_ENDPOINT",
    "DD_AGENT_HOST",
    "DD_DOGSTATSD_URL",
    "NEW_RELIC_OTLP_ENDPOINT",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
    "ALERT_SLACK_URL",
    "ALERT_PAGERDUTY_KEY",
    "ALERT_WEBHOOK_URL",
    "ALERT_EMAIL_TO",
    "ALERT_EMAIL_FROM",
    "ALERT_SMTP_URL",
    "ALERT_HEARTBEAT_URL",
    "ALERT_RULES",
    "ALERT_SOURCE",
    "ALERT_DOCS_URL",
    "MAINSTAY_RECORD_KEY",
    "ALERTMANAGER_URL",
}


def test_defaults_are_the_contracts() -> None:
    """Every name of the contract has the default that the contract says."""
    settings = load({})
    got = {v.name: getattr(settings, field) for field, (v, _) in variables().items()}
    expected = CONTRACT | dict.fromkeys(UNSET) | {"OPS_PORT": 0}
    assert got == expected
    assert (settings.engine, settings.carrier) == ("sqlite", "database")


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("API_PORT", "0", "api_port", 0),
        ("API_TIMEOUT_SECONDS", "2.5", "api_timeout_s", 2.5),
        ("CLAUDE_RETRIES", "0", "claude_retries", 0),
        ("CLAUDE_PROVIDERS", " anthropic", "claude_providers", "anthropic"),
        ("FALLBACK_ENABLED", "false", "fallback_enabled", False),
        ("LOG_LEVEL", "debug", "log_level", "DEBUG"),
        ("MAINSTAY_AGENT", "shop.main:agent", "agent", "shop.main:agent"),
        ("MAINSTAY_AGENT", "/a/my shop.py:agent", "agent", "/a/my shop.py:agent"),
        ("ANTHROPIC_BASE_URL", "http://h:1/", "anthropic_base_url", "http://h:1"),
    ],
)
def test_a_value_is_typed(name: str, text: str, field: str, value: object) -> None:
    """A text of the environment becomes the field's type."""
    assert getattr(load({name: text}), field) == value


def test_an_empty_value_is_not_set() -> None:
    """An empty variable, as compose files pass it, means the default."""
    settings = load({"ANTHROPIC_API_KEY": "", "API_PORT": ""})
    assert settings.anthropic_api_key is None
    assert settings.api_port == 8080


def test_the_process_environment_is_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an argument the process's own environment is read."""
    monkeypatch.setenv("RATE_LIMIT", "7")
    assert load().rate_limit == 7
    assert environment()["RATE_LIMIT"] == "7"


def test_the_store_is_in_the_data_folder_unless_an_address_says_otherwise() -> None:
    """The file is MAINSTAY_DATA/mainstay.db, or what sqlite:///path names."""
    assert load({"MAINSTAY_DATA": "d"}).database_path == Path("d/mainstay.db")
    relative = load({"DATABASE_URL": "sqlite:///a/b.db"})
    assert relative.database_path == Path("a/b.db")
    absolute = load({"DATABASE_URL": "sqlite:////a/b.db"})
    assert absolute.database_path == Path("/a/b.db")


def test_development_listens_on_loopback_only() -> None:
    """Production listens everywhere, development on loopback, --host decides."""
    assert Settings().bind_host == "127.0.0.1"
    assert Settings(env="production").bind_host == "0.0.0.0"  # noqa: S104 — expected
    assert Settings(env="production", host="::1").bind_host == "::1"


def test_production_gives_balancers_time_to_notice() -> None:
    """A drain takes requests for 5 s more in production, elsewhere none; or as set."""
    assert Settings().notice_s == 0
    assert Settings(env="production").notice_s == 5
    assert load({"DRAIN_NOTICE_SECONDS": "2.5"}).notice_s == 2.5


def test_a_gateway_has_a_process_for_each_core() -> None:
    """API_WORKERS decides; without it the cores that the process may use do."""
    assert Settings().gateway_processes == usable()
    assert load({"API_WORKERS": "3"}).gateway_processes == 3


def test_an_overlay_replaces_a_name_and_its_file() -> None:
    """A command-line option wins over the variable and its file; None unsets both."""
    env = {"API_PORT_FILE": "/x", "DB_TYPE": "postgres", "OTHER": "1"}
    changed = overlaid(env, {"API_PORT": 9, "DB_TYPE": None})
    assert changed == {"API_PORT": "9", "OTHER": "1"}


def test_only_the_whole_has_a_validator() -> None:
    """A part's own would hold its fields once more, in every process for good."""
    assert Settings() == load({})
    parts = [one for one in Settings.__mro__ if issubclass(one, Part)]
    assert [one for one in parts if one.__pydantic_complete__] == [Settings]
