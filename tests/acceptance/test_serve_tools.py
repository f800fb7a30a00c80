"""``mainstay serve tools``: the agent's tools in a process of their own."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from tests.acceptance.server import PRIMARY, Server, StandIn, serving

SECRET = "a secret of the tests, 32 bytes long"  # noqa: S105 - nobody's

AGENT = '''
import asyncio, os
from pathlib import Path
from mainstay import Agent, ToolContext

agent = Agent(name="Apart", instructions="Help.", contact="a@example.com")


@agent.tool(effect=True, once="keyed")
async def note(ctx: ToolContext, text: str) -> dict:
    """Write a note."""
    with Path(__file__).with_name("notes").open("a") as notes:
        notes.write(f"{os.getpid()} {ctx.customer_id} {ctx.idempotency_key} {text}\\n")
    return {"noted": True}


@agent.tool(timeout_s=20)
async def stare(ctx: ToolContext) -> dict:
    """Look, and listen to nobody."""
    Path(__file__).with_name("staring").touch()
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass
'''


@contextmanager
def tools_at(folder: Path, model: str) -> Generator[Server]:
    """Run the tool service of an agent, without a database or a model's key."""
    folder.mkdir()
    (folder / "apart.py").write_text(AGENT)
    settings = {"MAINSTAY_TOOLS_SECRET": SECRET, "ANTHROPIC_API_KEY": ""}
    agent = str(folder / "apart.py:agent")
    with serving(folder, model, "tools", agent=agent, **settings) as service:
        yield service


def worker_at(service: Server, folder: Path, model: str, secret: str = SECRET):
    """Run everything else, with its tools at the service."""
    return serving(
        folder,
        model,
        agent=str(service.folder / "apart.py:agent"),
        TOOLS_URL=f"{service.address}/mcp",
        MAINSTAY_TOOLS_SECRET=secret,
    )


def test_calls_run_in_the_service(tmp_path: Path, stand_in: StandIn) -> None:
    """For the customer whom the credentials name, whatever the model says; once."""
    call = {"name": "note", "input": {"text": "hello"}}
    stand_in.control("PUT", "/script", {PRIMARY: [{"tool_use": [call]}]})
    with (
        tools_at(tmp_path / "tools", stand_in.address) as service,
        worker_at(service, tmp_path / "data", stand_in.address) as server,
    ):
        talk = server.open("ada")
        answer = server.say(talk, "Take a note")
        turn = server.call("GET", f"/v1/turns/{answer['turn_id']}")[1]
        (line,) = (service.folder / "notes").read_text().splitlines()
        assert not (tmp_path / "data" / "tools").exists()
        with urlopen(f"{service.address}/metrics", timeout=5) as page:
            metrics = page.read().decode()
        assert service.stop() == 0
    pid, customer, key, text = line.split(" ", 3)
    assert (int(pid), customer, text) == (service.process.pid, "ada", "hello")
    [effect] = turn["effects"]
    assert (effect["state"], effect["key"]) == ("committed", key)
    assert answer["reply"]["fallback_level"] == 0
    assert 'mainstay_tool_calls_total{outcome="ToolDone",tool="note"} 1.0' in metrics


def test_another_secret_opens_nothing(tmp_path: Path, stand_in: StandIn) -> None:
    """The call is a fault, nothing is done, and the customer is answered."""
    call = {"name": "note", "input": {"text": "hello"}}
    stand_in.control("PUT", "/script", {PRIMARY: [{"tool_use": [call]}]})
    with (
        tools_at(tmp_path / "tools", stand_in.address) as service,
        worker_at(service, tmp_path / "data", stand_in.address, "x" * 32) as server,
    ):
        answer = server.say(server.open(), "Take a note")
        assert answer["status"] == "answered"
        assert not (service.folder / "notes").exists()


def test_a_call_that_never_ends_does_not_hold_the_process(
    tmp_path: Path, stand_in: StandIn
) -> None:
    """Within 35 s of SIGTERM the service is gone, stuck tool and all."""
    call = {"name": "stare", "input": {}}
    stand_in.control("PUT", "/script", {PRIMARY: [{"tool_use": [call]}]})
    with (
        tools_at(tmp_path / "tools", stand_in.address) as service,
        worker_at(service, tmp_path / "data", stand_in.address) as server,
    ):
        path = f"/v1/conversations/{server.open()}/messages"
        assert server.call("POST", path, {"text": "Look"})[0] == 202
        until = time.monotonic() + 10
        while not (service.folder / "staring").exists():
            assert time.monotonic() < until, "the tool was not called"
            time.sleep(0.02)
        began = time.monotonic()
        assert service.stop() == 0
        took_s = time.monotonic() - began
    print(f"gone {took_s:.1f} s after the signal")
    assert took_s < 35
