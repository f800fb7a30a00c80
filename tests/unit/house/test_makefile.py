"""The Makefile: a machine that cannot run Mainstay is told why, in one line."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder with what ``make install`` reads before it needs a Python."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    (tmp_path / "src").mkdir()
    return tmp_path


def python(folder: Path, body: str) -> str:
    """Write a stand-in for an interpreter and return its path."""
    path = folder / "python-stand-in"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def install(clone: Path, interpreter: str) -> subprocess.CompletedProcess[str]:
    """Run ``make install`` with an interpreter, as a user would name it."""
    return subprocess.run(
        ["make", "install", f"PYTHON={interpreter}"],
        cwd=clone,
        env=os.environ | {"MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_that_is_too_old_is_refused(clone: Path) -> None:
    """The error names the version that is needed and how to choose another Python."""
    run = install(clone, python(clone, "exit 1"))
    assert run.returncode != 0
    assert "needs Python 3.11 or newer" in run.stderr
    assert "PYTHON=" in run.stderr


def test_a_python_without_venv_is_refused(clone: Path) -> None:
    """Debian ships Python without its venv module: the error names the package."""
    body = 'case "$2" in *ensurepip*) exit 1;; esac'
    run = install(clone, python(clone, body))
    assert run.returncode != 0
    assert "python3-venv" in run.stderr


def test_every_public_target_is_listed() -> None:
    """``make`` alone tells what there is to make."""
    run = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {line.split()[1] for line in run.stdout.splitlines()}
    assert listed >= {
        "run",
        "install",
        "test",
        "check",
        "bench",
        "soak",
        "proof",
        "lock",
    }
