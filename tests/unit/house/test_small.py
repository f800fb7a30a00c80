"""A process loads what it serves with, and no more: each megabyte counts twice."""

import subprocess
import sys

UNUSED = ("alembic", "botocore", "cryptography", "jwt", "mcp", "redis", "rich")
ANSWERING = ("aiohttp", "anthropic", "mainstay.agent.turn", "mainstay.worker.worker")
CODE = """
import sys
from mainstay.assembly import run
from mainstay.assembly import postgres, sqlite
from mainstay.monitoring.telemetry import Monitoring
Monitoring("INFO", as_json=True)
print(*sys.modules)
"""


def loaded() -> set[str]:
    """Return the modules of a gateway; a worker loads more once it starts."""
    ran = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )
    return set(ran.stdout.split())


def test_a_process_does_without_what_it_does_not_use() -> None:
    """Tokens, migrations, brokers and tracebacks are loaded by who needs them."""
    assert not set(UNUSED) & loaded()


def test_a_gateway_does_without_what_answers() -> None:
    """Turns, and the SDK with its 44 MB, are for workers."""
    assert not set(ANSWERING) & loaded()
