"""What every test shares: a clean environment, and a word on what it ran against."""

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest
from tests import scratch

from mainstay.testing.servers.server import BackendMissing, ServerProcess

OURS = (
    "ALERT_",
    "ANTHROPIC_",
    "API_",
    "AWS_",
    "CLAUDE_",
    "DATABASE_",
    "DATADOG_",
    "DB_",
    "DD_",
    "DRAIN_",
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

missing: Counter[str] = Counter()
"""What could not be had, and how many tests went without."""

SERVED, MISSING = "mainstay_served", "mainstay_missing"


def pytest_configure() -> None:
    """Take out what the developer's shell says: no test may reach a paid service.

    What a shell starts in the background ignores an interrupt, and so do its children.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    scratch.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None]:
    """Note a server that this machine does not have."""
    yield from _noting()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """Note it too where the test itself starts its servers."""
    yield from _noting()


def _noting() -> Generator[None]:
    """Let a test go without its server; in CI it fails."""
    try:
        yield
    except BackendMissing as error:
        missing[str(error)] += 1
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that shows the results, where tests run in several."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[SERVED], output[MISSING] = sorted(ServerProcess.served), dict(missing)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear what one of the processes had and missed."""
    told = getattr(node, "workeroutput", {})
    ServerProcess.served.update(told.get(SERVED, ()))
    missing.update(told.get(MISSING, {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the real backends that the run used, and in red those that it missed."""
    servers = ", ".join(sorted(ServerProcess.served)) or "no other server"
    terminalreporter.write_line(
        f"backends: SQLite {sqlite3.sqlite_version} (embedded), Claude stand-in, "
        f"{servers}"
    )
    for what, tests in sorted(missing.items()):
        line = f"MISSING: {what} ({tests} tests did not run)"
        terminalreporter.write_line(line, red=True, bold=True)
