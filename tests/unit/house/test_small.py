"""A process loads what it serves with, and no more: each megabyte counts twice."""

import subprocess
import sys

UNUSED = (
    "alembic",
    "botocore",
    "cryptography",
    "google.protobuf",
    "jwt",
    "mainstay.monitoring.alerting.watcher",
    "mainstay.monitoring.exports",
    "mainstay.monitoring.turn_spans",
    "mcp",
    "redis",
    "rich",
)
ANSWERING = ("aiohttp", "anthropic", "mainstay.agent.turn", "mainstay.worker.worker")
CODE = """
import sys
from mainstay.assembly import run
from mainstay.assembly import postgres, sqlite
from mainstay.monitoring.telemetry import Monitoring
Monitoring("INFO", as_json=True)
print(*sys.modules)
"""
BROKER = """
import sys
from mainstay.assembly.brokers import broker_of
from mainstay.monitoring.telemetry import Monitoring
from mainstay.settings import load
address = {"QUEUE_TYPE": "rabbitmq", "QUEUE_URL": "amqp://127.0.0.1/"}
assert broker_of(load(address), Monitoring()) is not None
print(*sys.modules)
"""


def loaded() -> set[str]:
    """Return the modules of a gateway; a worker loads more once it starts."""
    ran = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )
    return set(ran.stdout.split())


def test_a_gateway_on_a_broker_does_without_what_answers() -> None:
    """Its queue is set to what a worker runs at once, which loads no worker."""
    ran = subprocess.run(
        [sys.executable, "-c", BROKER], capture_output=True, text=True, check=True
    )
    assert not set(ANSWERING[1:]) & set(ran.stdout.split())


def test_a_process_does_without_what_it_does_not_use() -> None:
    """Tokens, migrations, brokers and tracebacks are loaded by who needs them."""
    assert not set(UNUSED) & loaded()


def test_a_gateway_does_without_what_answers() -> None:
    """Turns, and the SDK with its 44 MB, are for workers."""
    assert not set(ANSWERING) & loaded()
