"""A worker that says it is ready is ready: nothing is left to import."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import os, signal, sys
from mainstay.assembly import running
from mainstay.settings import environment, load

def ready(up):
    print("anthropic.resources.messages" in sys.modules, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

running.run(load(environment()), frozenset({"worker"}), ready)
"""


def test_the_sdk_is_there_before_the_first_wake(tmp_path: Path) -> None:
    """Importing it takes seconds of the processor, in which leases would run out."""
    env = {
        **os.environ,
        "ANTHROPIC_API_KEY": "none",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        "MAINSTAY_DATA": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == ["True"], done.stderr
