"""An agent of one's own in one file, served and talked to over HTTP."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.listener import Listener
from tests.acceptance.server import PRIMARY, Server, StandIn, serving

AGENT = '''
import json
from decimal import Decimal
from pathlib import Path

from mainstay import Agent, ToolContext

agent = Agent(
    name="Acme support",
    instructions="You help Acme's customers.",
    contact="support@acme.example",
)


@agent.tool
async def lookup_order(ctx: ToolContext, order_id: str) -> dict:
    """Look up one of the customer's orders."""
    return {"order_id": order_id, "status": "shipped", "customer": ctx.customer_id}


@agent.tool(effect=True, once="keyed", approve_if=lambda a: a["amount"] > Decimal(100))
async def refund(ctx: ToolContext, order_id: str, amount: Decimal) -> dict:
    """Refund an order."""
    paid = {"key": ctx.idempotency_key, "customer": ctx.customer_id}
    with Path("paid.jsonl").open("a") as ledger:
        ledger.write(json.dumps({**paid, "amount": str(amount)}) + "\\n")
    return {"order_id": order_id, "amount": amount}
'''


def calls(name: str, **arguments: Any) -> dict[str, Any]:
    """Return the stand-in's script of one tool call."""
    return {"tool_use": [{"name": name, "input": arguments}]}


def write(folder: Path, text: str = AGENT) -> None:
    """Write the agent's file where the server starts."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "acme.py").write_text(text)


def paid(server: Server) -> list[dict[str, str]]:
    """Return what the refund tool did."""
    file = server.folder / "paid.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize(
    ("option", "variable"),
    [
        ("acme.py:agent", {}),
        ("acme:agent", {}),
        (None, {"MAINSTAY_AGENT": "acme:agent"}),
    ],
)
def test_it_is_found_by_file_module_and_variable(
    tmp_path: Path, stand_in: StandIn, option: str | None, variable: dict[str, str]
) -> None:
    """Its tools run for the customer of the credentials, whatever the model says."""
    write(tmp_path / "d")
    stand_in.control("PUT", "/script", {PRIMARY: [calls("lookup_order", order_id="7")]})
    with serving(tmp_path / "d", stand_in.address, agent=option, **variable) as server:
        answer = server.say(server.open("alice"), "Where is my parcel?")
        assert answer["reply"]["fallback_level"] == 0
        turn = server.call("GET", answer["links"]["turn"])[1]
    (result,) = [s for s in turn["steps"] if s["kind"] == "result"]
    assert json.loads(result["content"])["customer"] == "alice"
    assert turn["effects"] == []


def test_what_must_be_approved_waits_and_is_done_once(
    tmp_path: Path, stand_in: StandIn
) -> None:
    """A large refund waits; approved it is made under the key that was shown."""
    write(tmp_path / "d")
    script = [calls("refund", order_id="7", amount="250.00")]
    stand_in.control("PUT", "/script", {PRIMARY: script})
    with serving(tmp_path / "d", stand_in.address, agent="acme.py:agent") as server:
        talk = server.open("alice")
        answer = server.say(talk, "I want 250 back for order 7")
        turn = server.call("GET", answer["links"]["turn"])[1]
        assert turn["state"] == "waiting_approval"
        assert not (server.folder / "paid.jsonl").exists()
        (waiting,) = server.call("GET", "/v1/approvals")[1]["approvals"]
        assert (waiting["tool"], waiting["args"]["amount"]) == ("refund", "250.00")
        decide = ("POST", f"/v1/approvals/{waiting['id']}", {"decision": "approve"})
        assert server.call(*decide)[0] == 200
        assert server.call(*decide)[0] == 409
        told = hear(server, talk, messages=3)[-1]
        assert "250" in told["text"]
        (effect,) = server.call("GET", f"/v1/turns/{told['turn_id']}")[1]["effects"]
        assert effect["state"] == "committed"
        assert paid(server) == [
            {"key": effect["key"], "customer": "alice", "amount": "250.00"}
        ]
        assert server.call("GET", "/v1/approvals")[1]["approvals"] == []


def test_what_is_declined_is_not_done(tmp_path: Path, stand_in: StandIn) -> None:
    """The customer hears of it, and no effect is on record."""
    write(tmp_path / "d")
    script = [calls("refund", order_id="7", amount="250.00")]
    stand_in.control("PUT", "/script", {PRIMARY: script})
    with serving(tmp_path / "d", stand_in.address, agent="acme.py:agent") as server:
        talk = server.open("alice")
        server.say(talk, "I want 250 back for order 7")
        (waiting,) = server.call("GET", "/v1/approvals")[1]["approvals"]
        path = f"/v1/approvals/{waiting['id']}"
        assert server.call("POST", path, {"decision": "deny"})[0] == 200
        told = hear(server, talk, messages=3)[-1]
        turn = server.call("GET", f"/v1/turns/{told['turn_id']}")[1]
        assert (turn["state"], turn["effects"]) == ("answered", [])
        assert not (server.folder / "paid.jsonl").exists()


@pytest.mark.parametrize(
    ("text", "target", "reason"),
    [
        (AGENT, "acme.py", "pkg.module:agent"),
        (AGENT, "acme.py:nobody", "no Agent named 'nobody'"),
        (AGENT, "missing.py:agent", "there is no file"),
        (AGENT.replace("order_id: str", "order_id"), "acme.py:agent", "order_id"),
        (AGENT.replace('once="keyed"', 'once="often"'), "acme.py:agent", "once"),
        ("this is no Python", "acme.py:agent", "acme.py"),
    ],
)
def test_what_cannot_work_is_refused_before_it_serves(
    tmp_path: Path, text: str, target: str, reason: str
) -> None:
    """One line on stderr says why; the exit code is 1."""
    write(tmp_path, text)
    done = subprocess.run(
        [sys.executable, "-m", "mainstay", "serve", "all", "--agent", target],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "ANTHROPIC_API_KEY": "k", "API_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert reason in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def hear(server: Server, talk: str, *, messages: int) -> list[dict[str, Any]]:
    """Wait until the conversation has so many messages; return them."""
    listener = Listener(server, talk, 0)
    listener.until(lambda h: h.kind == "message" and h.data["seq"] == messages)
    listener.close()
    return server.call("GET", f"/v1/conversations/{talk}/messages")[1]["messages"]
