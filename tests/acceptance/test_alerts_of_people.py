"""What waits for a human: Prometheus sees it, Alertmanager tells, a human ends it."""

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from tests.acceptance.server import PRIMARY, Server, StandIn, serving
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


@agent.tool(effect=True, once="unsafe")
async def send_parcel(ctx: ToolContext, order_id: str) -> dict:
    """Send a parcel again."""
    # The process has said that it is ready by then.
    await asyncio.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)
'''
SEND = {"tool_use": [{"name": "send_parcel", "input": {"order_id": "7"}}]}


@pytest.mark.timeout(240)
def test_a_doubt_is_told_until_a_human_has_settled_it(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """The worker dies in an unsafe call; nobody looks for a while; then somebody."""
    names = ("MainstayEffectsInDoubt", "MainstayEscalationsUnanswered")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "acme.py").write_text(AGENT)
    stand_in.control("PUT", "/script", {PRIMARY: [SEND]})
    with ExitStack() as stack:

        def role(name: str) -> AbstractContextManager[Server]:
            return serving(
                folder, stand_in.address, name, agent="acme.py:agent", API_WORKERS="1"
            )

        gateway = stack.enter_context(role("gateway"))
        talk = gateway.open()
        path = f"/v1/conversations/{talk}"
        with role("worker") as worker:
            say = {"text": "Send order 7 again"}
            assert gateway.call("POST", f"{path}/messages", say)[0] == 202
            assert worker.process.wait(30) == -9
        worker = stack.enter_context(role("worker"))
        watch.scrape(gateway, worker)
        watch.pager.wait("firing", *names)
        said = watch.told("MainstayEffectsInDoubt")["annotations"]["description"]
        assert said.startswith("1 effects are unknown"), said
        watch.told("MainstayEscalationsUnanswered")
        for step, body in (
            ("takeover", {"reason": "a parcel in doubt"}),
            ("reply", {"text": "Your parcel is sent."}),
            ("handback", {}),
        ):
            assert gateway.call("POST", f"{path}/{step}", body)[0] in (200, 201)
        watch.pager.wait("resolved", *names)
