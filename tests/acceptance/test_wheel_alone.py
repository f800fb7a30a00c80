"""The wheel in an environment of its own, without the tree it was built from."""

import json
import os
import re
import signal
import subprocess
import sys
import venv
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.acceptance.server import Server

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(240)
PIP = ("--no-input", "--disable-pip-version-check", "install", "--quiet")


@dataclass(frozen=True)
class Installed:
    """An environment with Mainstay in it.

    Args:
        folder: the environment's.
        away: a folder without any source, to run from.
    """

    folder: Path
    away: Path

    def run(self, *command: str) -> str:
        """Run one of its programs to its good end; return what it printed."""
        done = subprocess.run(
            [self.folder / "bin" / command[0], *command[1:]],
            cwd=self.away,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Give a new environment: the locked dependencies, then the wheel, by pip."""
    (wheel,) = (Path(sys.prefix) / "dist").glob("mainstay-*.whl")
    away = tmp_path_factory.mktemp("away")
    folder = tmp_path_factory.mktemp("alone") / "venv"
    venv.create(folder, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    lock = ROOT / "requirements" / "run.txt"
    locked = ["--require-hashes", "--only-binary", ":all:", "--no-compile", "-r", lock]
    # With its dependencies: what the wheel asks for and the lock lacks is an error.
    for what in (locked, ["--no-index", wheel]):
        subprocess.run([*pip, *PIP, *what], cwd=away, check=True, timeout=100)
    return Installed(folder, away)


@pytest.fixture
def demo(installed: Installed) -> Generator[Server]:
    """Give the demo, as the wheel's own command starts it."""
    process = subprocess.Popen(
        [installed.folder / "bin" / "mainstay", "demo", "--port", "0"],
        cwd=installed.away,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found, "the demo did not start"
    yield Server(found.group(), installed.away, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0
    process.stdout.close()


def test_the_demo_runs_to_its_replies(installed: Installed, demo: Server) -> None:
    """It migrates its store, looks an order up and answers from a help article."""
    key = (installed.away / "mainstay-data" / "demo-key").read_text().strip()
    _, made, _ = demo.call("POST", "/v1/conversations", {"customer_id": "d"}, key=key)
    path = f"/v1/conversations/{made['id']}/messages?wait=28"
    texts = ("Where is order 1042?", "How do I return something?")
    answers = [demo.call("POST", path, {"text": t}, key=key)[1] for t in texts]
    assert [a["reply"]["fallback_level"] for a in answers] == [0, 0]
    assert "30 days" in answers[1]["reply"]["response"]
    turn = demo.call("GET", answers[1]["links"]["turn"], key=key)[1]
    found = [s["content"] for s in turn["steps"] if s["kind"] == "result"]
    assert "30 days" in str(found)


def test_nothing_comes_from_the_tree(installed: Installed) -> None:
    """Code, SQL, migrations and articles lie in the environment; no test tool does."""
    where = installed.run("python", "-c", "import mainstay; print(mainstay.__file__)")
    package = Path(where.strip()).parent
    assert package.is_relative_to(installed.folder)
    suffixes = {file.suffix for file in package.rglob("*") if file.is_file()}
    assert suffixes >= {".py", ".sql", ".md"}
    assert list((package / "stores").rglob("migrations/versions/*.py"))
    migrated = json.loads(installed.run("mainstay", "migrate", "--data", "x", "--json"))
    assert migrated["from"] is None
    assert migrated["to"]


def test_its_metadata_is_kept(installed: Installed) -> None:
    """Every dependency that the wheel names is there, in a version that it allows."""
    check = subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(installed.folder), "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout
