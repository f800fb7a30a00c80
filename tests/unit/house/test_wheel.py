"""The wheel: what the tests run is what a user installs."""

import hashlib
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import mainstay

ROOT = Path(__file__).parents[3]


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tree(top: Path) -> dict[str, str]:
    """Return the files below ``top``, relative path to digest, bytecode apart."""
    return {
        str(path.relative_to(top)): digest(path)
        for path in top.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_tests_run_the_installed_wheel() -> None:
    """``mainstay`` comes from the environment's packages, not from the tree."""
    home = Path(mainstay.__file__)
    assert "site-packages" in home.parts
    assert ROOT / "src" not in home.parents


def test_the_wheel_holds_every_file_of_the_package() -> None:
    """SQL, migrations and help articles are installed, byte for byte."""
    installed = tree(Path(mainstay.__file__).parent)
    source = tree(ROOT / "src" / "mainstay")
    assert installed == source
    assert {Path(name).suffix for name in installed} >= {".py", ".sql", ".md"}


def test_the_version_is_said_once() -> None:
    """The package and its metadata tell one version."""
    assert distribution("mainstay").version == mainstay.__version__


def test_the_command_is_the_module() -> None:
    """``mainstay`` and ``python -m mainstay`` print the same."""
    script = Path(sys.executable).parent / "mainstay"
    told = [
        subprocess.run(
            [*command, "--version"], capture_output=True, text=True, check=True
        )
        for command in ([str(script)], [sys.executable, "-m", "mainstay"])
    ]
    assert told[0].stdout == told[1].stdout == f"mainstay {mainstay.__version__}\n"
