"""Start-up: the command answers at once."""

import resource
import subprocess
import sys
from pathlib import Path

from mainstay.cli.app import COMMANDS, GROUPS

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


def spent_s() -> float:
    """Return the processor's time of all children that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def help_s() -> float:
    """Return the processor's seconds that ``mainstay --help`` takes."""
    before_s = spent_s()
    subprocess.run([MAINSTAY, "--help"], capture_output=True, check=True)
    return spent_s() - before_s


def test_help_is_there_within_300_ms() -> None:
    """It waits for nothing: counted is its work, whatever else the machine does."""
    assert min(help_s() for _ in range(5)) < HELP_LIMIT_S


def loaded_by(*args: str) -> set[str]:
    """Return the modules that a command line loads."""
    code = (
        f"import sys; from mainstay.cli.main import main; main({[*args]}); "
        "print(*sys.modules, file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(run.stderr.split())


def test_help_loads_no_heavy_package() -> None:
    """What a command needs is imported when that command runs."""
    assert HEAVY & loaded_by("--help") == set()


def test_a_command_loads_no_other() -> None:
    """A server would have the signatures of all of them in memory, for good."""
    others = {f"mainstay.cli.{name}" for name in (*COMMANDS, *GROUPS)}
    assert others & loaded_by("serve", "--help") == {"mainstay.cli.serve"}
