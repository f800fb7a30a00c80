"""What every test shares: a clean environment, and a word on what it ran against."""

import os
import sqlite3

import pytest

OURS = (
    "ANTHROPIC_",
    "API_",
    "CLAUDE_",
    "DATABASE_",
    "DATADOG_",
    "DB_",
    "ENABLE_TRACING",
    "FALLBACK_",
    "LOG_LEVEL",
    "MAINSTAY_",
    "NEW_RELIC_",
    "OPS_PORT",
    "OTEL_",
    "QUEUE_",
    "RATE_LIMIT",
    "REDIS_",
    "TOOLS_URL",
)


def pytest_configure() -> None:
    """Take out what the developer's shell says: no test may reach a paid service."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the real backends that the run used."""
    terminalreporter.write_line(
        f"backends: SQLite {sqlite3.sqlite_version} (embedded), Claude stand-in"
    )
