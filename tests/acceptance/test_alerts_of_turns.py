"""Turns that die: Prometheus sees it, Alertmanager tells, and it clears again."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.acceptance.server import PRIMARY, StandIn, serving
from tests.acceptance.watched import Watch

pytestmark = pytest.mark.long

AGENT = '''
import asyncio
import os
import signal
from pathlib import Path

from mainstay import Agent, ToolContext

agent = Agent(
    name="Acme support",
    instructions="You help Acme's customers.",
    contact="support@acme.example",
)


@agent.tool
async def find_parcel(ctx: ToolContext, order_id: str) -> dict:
    """Look for a parcel."""
    if Path("deadly").exists():
        # The process has said that it is ready by then.
        await asyncio.sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)
    return {"parcel": "P-1"}
'''
LOOK = {"tool_use": [{"name": "find_parcel", "input": {"order_id": "7"}}]}
LIVES = 5
"""As many workers as one turn may kill."""


def redrive(folder: Path) -> None:
    """Give dead turns new attempts, as the runbook says."""
    done = subprocess.run(
        [sys.executable, "-m", "mainstay", "queue", "redrive", "--all"],
        env={**os.environ, "MAINSTAY_DATA": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "redriven: 1\n"


@pytest.mark.timeout(240)
def test_a_turn_that_kills_its_workers_is_told_until_it_is_redriven(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """Dead after five workers; mended and redriven it is answered, and all is clear."""
    name = "MainstayDeadTurns"
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "acme.py").write_text(AGENT)
    deadly = folder / "deadly"
    deadly.touch()
    stand_in.control("PUT", "/script", {PRIMARY: [LOOK] * LIVES})
    with ExitStack() as stack:
        gateway = stack.enter_context(
            serving(
                folder,
                stand_in.address,
                "gateway",
                agent="acme.py:agent",
                API_WORKERS="1",
            )
        )
        watch.scrape(gateway)
        talk = gateway.open()
        path = f"/v1/conversations/{talk}/messages"
        body = gateway.call("POST", path, {"text": "Where is order 7?"})[1]
        for _ in range(LIVES):
            with serving(
                folder, stand_in.address, "worker", agent="acme.py:agent"
            ) as worker:
                assert worker.process.wait(30) == -9
        stack.enter_context(
            serving(folder, stand_in.address, "worker", agent="acme.py:agent")
        )
        watch.pager.wait("firing", name)
        said = watch.told(name)["annotations"]["description"]
        assert said.startswith("1 turns are dead"), said
        turn = f"/v1/turns/{body['turn_id']}"
        assert gateway.call("GET", turn)[1]["state"] == "dead"
        deadly.unlink()
        redrive(folder)
        watch.pager.wait("resolved", name)
        assert gateway.call("GET", turn)[1]["state"] == "answered"
