"""Earlier states of Mainstay from the history: their code, run beside today's."""

import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

RELEASED = "4b08b0f"
"""0.1.0: SQLite alone."""

FIRST_POSTGRES = "82c4eb5"
"""The PostgreSQL store as it was before its functions came in sets."""

REQUIREMENT = re.compile(r"^([\w.-]+)==.*(?:\n +--hash=.*)+", re.MULTILINE)


def code_of(commit: str, folder: Path) -> str:
    """Unpack a commit and return the PYTHONPATH that runs it.

    Packages that it needs and today's environment lacks are installed beside it, as its
    own lock names them.
    """
    _git("cat-file", "-e", f"{commit}^{{commit}}", commit=commit)
    folder.mkdir()
    archive = folder / "tree.tar"
    _git("archive", "-o", str(archive), commit, "src", "requirements", commit=commit)
    subprocess.run(["tar", "-xf", archive, "-C", folder], check=True)
    lacking = _lacking((folder / "requirements" / "run.txt").read_text())
    if not lacking:
        return str(folder / "src")
    lock = folder / "lacking.txt"
    lock.write_text("".join(lacking))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    target = folder / "packages"
    subprocess.run(
        [*pip, "--require-hashes", "--target", target, "-r", lock], check=True
    )
    return os.pathsep.join((str(folder / "src"), str(target)))


def _lacking(lock: str) -> list[str]:
    found = [match.group() + "\n" for match in REQUIREMENT.finditer(lock)]
    return [text for text in found if ";" not in text and not _is_here(text)]


def _is_here(requirement: str) -> bool:
    try:
        version(requirement.split("==", 1)[0])
    except PackageNotFoundError:
        return False
    return True


def _git(*words: str, commit: str) -> None:
    done = subprocess.run(
        ["git", "-C", ROOT, *words], check=False, capture_output=True, text=True
    )
    if done.returncode:
        pytest.fail(
            f"{commit} is not in this tree's history; clone it whole "
            f"(git fetch --unshallow): {done.stderr}"
        )
