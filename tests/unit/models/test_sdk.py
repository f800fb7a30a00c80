"""What is loaded before the first call."""

import subprocess
import sys

CODE = """
import asyncio, sys
from mainstay.models.connection import Connection
from mainstay.models.sdk import preload
from mainstay.simulator.server import running_in_thread
from mainstay.system.clock import SystemClock

BODY = b'''{"model": "claude-sonnet-5-5", "max_tokens": 9, "stream": true,
"messages": [{"role": "user", "content": "hello"}]}'''

async def call(address):
    await asyncio.to_thread(preload)
    before = set(sys.modules)
    connection = Connection(address, 1, SystemClock())
    answer = await connection.post("key", BODY, 10)
    await answer.aread()
    assert answer.status_code == 200
    await answer.aclose()
    await connection.close()
    print(*set(sys.modules) - before)

with running_in_thread() as address:
    asyncio.run(call(address))
"""
OF_PYTHON = {"encodings.idna", "stringprep"}
"""By which it looks names up."""


def test_the_first_call_loads_nothing() -> None:
    """It would hold the loop, and all turns with it, for 25 calls' time."""
    ran = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )
    assert set(ran.stdout.split()) <= OF_PYTHON
