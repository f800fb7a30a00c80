"""The words that call this command again."""

import os
import shutil
import sys
from pathlib import Path


def invocation() -> str:
    """Return how this process was called, as short as it works from this folder."""
    called = Path(sys.argv[0])
    if called.name != "mainstay":
        return f"{Path(sys.executable).name} -m mainstay"
    found = shutil.which("mainstay")
    if found and called.exists() and Path(found).samefile(called):
        return "mainstay"
    return os.path.relpath(called)
