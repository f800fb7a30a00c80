"""A server that cannot be had: named in red at the end, and never passed over in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

LACKING = """
import pytest
from mainstay.testing.servers.server import program

@pytest.fixture
def server():
    return program("no-such-program", "its-package")

def test_with_it(server):
    pass

def test_starting_it():
    program("no-such-program", "its-package")
"""


def run(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run two tests that want a program that nobody has."""
    (folder / "test_lacking.py").write_text(LACKING)
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--color=yes", "-p", "no:cacheprovider", "."],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("jobs", ["0", "2"])
def test_it_is_named_however_many_processes_test(tmp_path: Path, jobs: str) -> None:
    """What each of them missed is counted together."""
    out = run(tmp_path, PYTEST_ADDOPTS=f"-n {jobs}").stdout
    assert f"{LINE} (2 tests did not run)" in out


LINE = "MISSING: no-such-program is not installed; apt install its-package"


@pytest.mark.parametrize("ci", [False, True])
def test_a_missing_server_is_named_in_red(tmp_path: Path, ci: bool) -> None:
    """With the way to get it and the number of tests that went without."""
    out = run(tmp_path, **({"CI": "true"} if ci else {})).stdout
    (line,) = [one for one in out.splitlines() if "MISSING" in one]
    assert f"{LINE} (2 tests did not run)" in line
    assert "\x1b[31m" in line


def test_a_missing_server_fails_ci(tmp_path: Path) -> None:
    """Elsewhere its tests are shown as not run."""
    here, ci = run(tmp_path), run(tmp_path, CI="true")
    assert here.returncode == 0
    assert "2 skipped" in here.stdout
    assert ci.returncode == 1
    assert "passed" not in ci.stdout
