"""Start-up: the command answers at once."""

import subprocess
import sys
import time
from pathlib import Path

MAINSTAY = Path(sys.executable).parent / "mainstay"
HELP_LIMIT_S = 0.3
HEAVY = {
    "anthropic",
    "aiohttp",
    "alembic",
    "starlette",
    "pydantic",
    "sqlalchemy",
    "uvicorn",
}


def help_s() -> float:
    """Return the seconds that ``mainstay --help`` takes."""
    start = time.perf_counter()
    subprocess.run([MAINSTAY, "--help"], capture_output=True, check=True)
    return time.perf_counter() - start


def test_help_is_there_within_300_ms() -> None:
    """The best of five runs, so that a busy machine does not decide."""
    assert min(help_s() for _ in range(5)) < HELP_LIMIT_S


def test_help_loads_no_heavy_package() -> None:
    """What a command needs is imported when that command runs."""
    code = (
        "import sys; from mainstay.cli.main import main; main(['--help']); "
        "print(*sys.modules, file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert HEAVY & set(run.stderr.split()) == set()
