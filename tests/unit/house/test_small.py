"""A process loads what it serves with, and no more: each megabyte counts twice."""

import subprocess
import sys

UNUSED = ("alembic", "botocore", "cryptography", "jwt", "mcp", "redis", "rich")
CODE = """
import sys
from mainstay.assembly import run
from mainstay.assembly import postgres, sqlite
from mainstay.monitoring.telemetry import Monitoring
Monitoring("INFO", as_json=True)
print(*sys.modules)
"""


def test_a_process_does_without_what_it_does_not_use() -> None:
    """Tokens, migrations, brokers and tracebacks are loaded by who needs them."""
    ran = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )
    assert not set(UNUSED) & set(ran.stdout.split())
