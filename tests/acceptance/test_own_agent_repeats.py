"""What ``once`` and ``unique`` of an author's tool promise, seen from outside."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.listener import Listener, reply_of
from tests.acceptance.server import PRIMARY, Server, StandIn, serving

AGENT = '''
import json
import os
import signal
from pathlib import Path

from mainstay import Agent, ToolContext

agent = Agent(
    name="Acme support",
    instructions="You help Acme's customers.",
    contact="support@acme.example",
)
LEDGER = Path("ledger.jsonl")


def note(what: str, ctx: ToolContext) -> int:
    with LEDGER.open("a") as ledger:
        ledger.write(json.dumps({"what": what, "key": ctx.idempotency_key}) + "\\n")
    return len(LEDGER.read_text().splitlines())


async def look(ctx: ToolContext) -> dict:
    """Find what was sent under the key."""
    note("asked", ctx)
    return {"parcel": "P-1"}


@agent.tool(effect=True, OPTIONS)
async def send_parcel(ctx: ToolContext, order_id: str) -> dict:
    """Send a parcel again."""
    if note("sent", ctx) == 1 and DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"parcel": "P-1"}
'''

SEND = {"tool_use": [{"name": "send_parcel", "input": {"order_id": "7"}}]}


def write(folder: Path, options: str, *, deadly: bool) -> str:
    """Write the agent into a package where the server starts; return its name."""
    package = folder / "acme" / "support"
    package.mkdir(parents=True)
    text = AGENT.replace("OPTIONS", options).replace("DEADLY", str(deadly))
    (package / "desk.py").write_text(text)
    for inside in (package, package.parent):
        (inside / "__init__.py").touch()
    return "acme.support.desk:agent"


def ledger(server: Server) -> list[dict[str, str]]:
    """Return what the tool did."""
    lines = (server.folder / "ledger.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def heard_out(server: Server, talk: str, turn: str) -> Any:
    """Wait for the turn's reply; return the turn."""
    listener = Listener(server, talk, 0)
    assert listener.until(reply_of(turn))[-1].data["turn_id"] == turn
    listener.close()
    return server.call("GET", f"/v1/turns/{turn}")[1]


@pytest.mark.parametrize(
    ("options", "done", "state"),
    [
        ('once="keyed"', ["sent", "sent"], "committed"),
        ('once="queryable", query=look', ["sent", "asked"], "committed"),
        ('once="unsafe"', ["sent"], "unknown"),
    ],
)
def test_an_effect_that_kills_its_process_keeps_its_promise(
    tmp_path: Path, stand_in: StandIn, options: str, done: list[str], state: str
) -> None:
    """Sent again under its key, looked up, or left alone; the customer hears back."""
    target = write(tmp_path, options, deadly=True)
    stand_in.control("PUT", "/script", {PRIMARY: [SEND]})
    with serving(tmp_path, stand_in.address, agent=target) as server:
        talk = server.open("alice")
        path = f"/v1/conversations/{talk}/messages"
        body = server.call("POST", path, {"text": "Send order 7 again, please"})[1]
        assert server.process.wait(20) == -9
    with serving(tmp_path, stand_in.address, agent=target) as server:
        turn = heard_out(server, talk, body["turn_id"])
        assert [line["what"] for line in ledger(server)] == done
        (effect,) = turn["effects"]
        assert {line["key"] for line in ledger(server)} == {effect["key"]}
    assert (effect["tool"], effect["state"]) == ("send_parcel", state)


def test_a_unique_effect_is_made_once_over_conversations(
    tmp_path: Path, stand_in: StandIn
) -> None:
    """Asked for again, by anybody, it is not made; the turn is answered."""
    target = write(tmp_path, 'once="keyed", unique=("order_id",)', deadly=False)
    with serving(tmp_path, stand_in.address, agent=target) as server:
        effects: list[int] = []
        for customer in ("alice", "alice", "bob"):
            stand_in.control("PUT", "/script", {PRIMARY: [SEND]})
            answer = server.say(server.open(customer), "Send order 7 again, please")
            assert answer["status"] == "answered"
            turn = server.call("GET", answer["links"]["turn"])[1]
            effects.append(len(turn["effects"]))
        assert effects == [1, 0, 0]
        assert [line["what"] for line in ledger(server)] == ["sent"]
