"""Agents are loaded by the name that ``--agent`` takes."""

import subprocess
import sys
from pathlib import Path

import pytest

from mainstay.domain.errors import AgentRefused
from mainstay.tools.loading import load_agent

AGENT = '''
from __future__ import annotations
from decimal import Decimal
from mainstay import Agent, ToolContext
from {neighbour} import CONTACT

agent = Agent(name="Acme", instructions="Help.", contact=CONTACT)

@agent.tool(effect=True, once="{once}")
async def refund(ctx: ToolContext, order_id: str, amount: Decimal) -> dict:
    """Refund an order."""
    return {{}}
'''


@pytest.fixture(autouse=True)
def clean_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder, and put the import path back afterwards."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)


def write(folder: Path, name: str, once: str = "keyed") -> Path:
    """Write an agent and its neighbour."""
    (folder / f"{name}_contact.py").write_text("CONTACT = 'a@example.com'")
    path = folder / f"{name}.py"
    path.write_text(AGENT.format(neighbour=f"{name}_contact", once=once))
    return path


def test_a_file_is_loaded(tmp_path: Path) -> None:
    """A file may import its neighbours, and defer its annotations."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    agent = load_agent(f"{write(folder, 'acme_by_file')}:agent")
    assert agent.contact == "a@example.com"
    assert [tool.spec.name for tool in agent.tools] == ["refund"]


def test_a_module_of_the_working_directory_is_loaded(tmp_path: Path) -> None:
    """``mainstay serve --agent acme:agent`` finds acme.py here."""
    write(tmp_path, "acme_by_name")
    agent = load_agent("acme_by_name:agent")
    assert agent.name == "Acme"
    with pytest.raises(AgentRefused):
        agent.name = "Other"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("acme", "names no agent"),
        (":agent", "names no agent"),
        ("acme:", "names no agent"),
        ("acme:agent.tools", "names no agent"),
        ("no_such_module_here:agent", "No module named"),
        ("nowhere/acme.py:agent", "there is no file"),
        ("json:dumps", "no Agent named 'dumps'"),
        ("json:agent", "no Agent named 'agent'"),
    ],
)
def test_what_is_no_agent_is_refused(target: str, reason: str) -> None:
    """The refusal says what is wrong with the name."""
    with pytest.raises(AgentRefused, match=reason) as refusal:
        load_agent(target)
    assert target.partition(":")[0] in str(refusal.value)


def test_a_broken_promise_is_refused_at_load(tmp_path: Path) -> None:
    """The reason of the refused tool is the text."""
    path = write(tmp_path, "acme_promises", once="queryable")
    with pytest.raises(AgentRefused, match="needs query=") as refusal:
        load_agent(f"{path}:agent")
    assert str(path) in str(refusal.value)


def test_a_file_that_breaks_is_refused(tmp_path: Path) -> None:
    """An agent whose file raises is refused with the error."""
    (tmp_path / "acme_broken.py").write_text("1 / 0")
    with pytest.raises(AgentRefused, match="ZeroDivisionError"):
        load_agent("acme_broken.py:agent")
    assert "mainstay_agent_acme_broken" not in sys.modules


def test_importing_mainstay_costs_nothing() -> None:
    """``import mainstay`` imports nothing but its own version."""
    code = (
        "import sys; before = set(sys.modules); import mainstay;"
        "print(sorted(set(sys.modules) - before - {'mainstay'}), mainstay.__version__)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    own = ["mainstay.domain", "mainstay.domain.version"]
    assert told.stdout.startswith(f"{own} 0.")


def test_the_public_names() -> None:
    """The package offers what an author needs, and says no to the rest."""
    import mainstay

    assert {"Agent", "ToolContext", "ToolFailed"} <= set(mainstay.__all__)
    assert all(hasattr(mainstay, name) for name in mainstay.__all__)
    assert not hasattr(mainstay, "Agents")


def test_a_file_that_exits_is_refused(tmp_path: Path) -> None:
    """``sys.exit`` at import is a fault of the file, not a success of the command."""
    path = tmp_path / "leaving.py"
    path.write_text("import sys; sys.exit(0)")
    with pytest.raises(AgentRefused, match="SystemExit"):
        load_agent(f"{path}:agent")
