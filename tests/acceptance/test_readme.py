"""The README does what it says."""

import json
import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def demo(tmp_path: Path) -> Generator[str]:
    """Give the address of a running demo whose data is in the folder."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mainstay", "demo", "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    found = re.search(r"http://\S+", first)
    assert found, first
    yield found.group()
    process.terminate()
    assert process.wait(30) == 0


def test_the_tour_with_curl(demo: str, tmp_path: Path) -> None:
    """Every bash block runs in order; the refund is made, told and journaled."""
    script = "set -eu\n" + "\n".join(
        re.findall(r"```bash\n(.*?)```", README.read_text(), re.DOTALL)
    )
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"URL": demo, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert answer["status"] == "answered"
    assert answer["reply"]["fallback_level"] == 0
    assert "59.90" in answer["reply"]["response"]
    turn = json.loads(
        ran.stdout[ran.stdout.index('{\n    "id": "turn_') :].split("\n}\n")[0] + "}"
    )
    assert {s["kind"] for s in turn["steps"]} == {"model", "intent", "result"}
    assert [e["state"] for e in turn["effects"]] == ["committed"]
    assert turn["usage"]["input_tokens"] > 0
    assert turn["timings"]
    assert turn["cost_usd"] > 0
    streamed = ran.stdout[ran.stdout.index("retry:") :]
    assert re.findall(r"^id: (\d+)$", streamed, re.MULTILINE) == ["3", "4"]


def test_the_agent_in_one_file(tmp_path: Path) -> None:
    """The agent shown is accepted as it stands."""
    code = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert code is not None
    (tmp_path / "acme.py").write_text(code.group(1))
    check = "from mainstay.tools.loading import load_agent; load_agent('acme.py:agent')"
    ran = subprocess.run(
        [sys.executable, "-c", check], cwd=tmp_path, check=False, capture_output=True
    )
    assert ran.returncode == 0, ran.stderr
