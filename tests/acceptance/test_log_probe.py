"""The log of a system in production: every line in form, no secret, nobody's words."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.server import KEY, PRIMARY, Server, StandIn, serving

MODEL_KEY = "a-model-key-that-nobody-may-see"
TOKEN_SECRET = "a-token-secret-that-nobody-may-see"  # noqa: S105 - nobody's
WORDS = "zebra-umbrella-marmalade"
"""A customer's words: they must be found nowhere."""

AGENT = f'''
from mainstay import Agent, ToolContext, ToolFailed, record_error, record_latency

agent = Agent(name="Loud", instructions="Help.", contact="l@example.com")


@agent.tool
async def fall_over(ctx: ToolContext, said: str) -> dict:
    """Raise what the customer said."""
    record_error("fell over", {{"said": f"{{said}} again", "key": "{MODEL_KEY}"}})
    record_latency(f"of {{said}}", 1.0)
    raise RuntimeError(said)
'''


@dataclass(frozen=True)
class Probed:
    """A running system and its log."""

    server: Server
    log: Path

    def lines(self) -> list[dict[str, Any]]:
        """Return the log; each line must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def probed(tmp_path: Path, stand_in: StandIn) -> Generator[Probed]:
    """Give a system in production that writes all it can, and has worked on words."""
    (tmp_path / "loud.py").write_text(AGENT)
    call = {"name": "fall_over", "input": {"said": WORDS}}
    stand_in.control("PUT", "/script", {PRIMARY: [{"tool_use": [call]}]})
    log = tmp_path / "log"
    running = serving(
        tmp_path / "data",
        stand_in.address,
        log=log,
        agent=str(tmp_path / "loud.py:agent"),
        MAINSTAY_ENV="production",
        DB_TYPE="sqlite",
        QUEUE_TYPE="database",
        LOG_LEVEL="DEBUG",
        ANTHROPIC_API_KEY=MODEL_KEY,
        MAINSTAY_TOKEN_SECRET=TOKEN_SECRET,
        DRAIN_NOTICE_SECONDS="0",
    )
    with running as server:
        yield Probed(server, log)


def test_no_secret_and_nobodys_words_are_logged(probed: Probed) -> None:
    """With faults of tool, model and request on the way, at the lowest level."""
    server, conversation = probed.server, probed.server.open("ada")
    path = f"/v1/conversations/{conversation}/messages"
    answer = server.say(conversation, f"My word is {WORDS}")
    assert answer["status"] == "answered"
    server.call("POST", path, {"text": WORDS, "odd": WORDS})
    server.call("POST", path, raw=WORDS.encode())
    server.call("GET", f"/v1/{WORDS}")
    server.call("GET", path, key=f"{WORDS}-{TOKEN_SECRET}")
    assert server.stop() == 0
    events = {line["event"] for line in probed.lines()}
    assert {"turn.ended", "model.called", "tool.called", "author.error"} <= events
    assert {"request.served", "message.taken", "trouble"} <= events
    text = probed.log.read_text()
    for hidden in (WORDS, KEY, MODEL_KEY, TOKEN_SECRET):
        assert hidden not in text
    (error,) = [line for line in probed.lines() if line["event"] == "author.error"]
    told = {"said": f"<{len(WORDS) + 6} characters>", "key": "[hidden]"}
    assert (error["error_type"], error["context"]) == ("other", told)
    assert error["turn_id"] == answer["turn_id"]


def test_a_request_leads_to_its_turn(probed: Probed) -> None:
    """By the id that the response has: its line, its message, its turn's lines."""
    server = probed.server
    path = f"/v1/conversations/{server.open('ada')}/messages?wait=20"
    _, answer, headers = server.call("POST", path, {"text": "Hello"})
    request_id = {k.lower(): v for k, v in headers.items()}["x-request-id"]
    assert server.stop() == 0
    lines = probed.lines()
    of_request = [line for line in lines if line.get("request_id") == request_id]
    (taken,) = [line for line in of_request if line["event"] == "message.taken"]
    assert taken["turn_id"] == answer["turn_id"]
    served = [line for line in of_request if line["event"] == "request.served"]
    assert [line["status"] for line in served] == [200]
    of_turn = {
        line["event"] for line in lines if line.get("turn_id") == taken["turn_id"]
    }
    assert {"turn.ended", "model.called", "message.taken"} <= of_turn
