"""SIGTERM while everything hangs: the process is gone within 35 s all the same."""

import http.client
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.acceptance.listener import Listener
from tests.acceptance.server import KEY, PRIMARY, Server, StandIn, serving

from mainstay.simulator.server import running_in_thread

BOUND_S = 35.0
TEXTS, TEXT = 160, "y" * 32_000
"""Five megabytes: more than the buffers of both ends of a connection take."""

AGENT = """
import asyncio
from pathlib import Path
from mainstay import Agent, ToolContext

agent = Agent(name="Stuck", instructions="Help.", contact="a@example.com")


@agent.tool(timeout_s=25)
async def stare(ctx: ToolContext) -> dict:
    'Look, and listen to nobody.'
    Path(__file__).with_name("staring").touch()
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass
"""


def stuck_stream(server: Server) -> Listener:
    """Return a reader who takes nothing of a stream that has much to say."""
    talk = server.open()
    desk = f"/v1/conversations/{talk}"
    assert server.call("POST", f"{desk}/takeover", {"reason": "flood"})[0] == 200
    for _ in range(TEXTS):
        assert server.call("POST", f"{desk}/reply", {"text": TEXT})[0] == 201
    return Listener(server, talk, 0, room_bytes=64 * 1024)


def half_a_request(server: Server) -> socket.socket:
    """Return a connection whose request never gets its body."""
    where = urlsplit(server.address)
    assert where.hostname is not None
    assert where.port is not None
    head = (
        "POST /v1/conversations HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n"
        f"content-type: application/json\r\nauthorization: Bearer {KEY}\r\n\r\n"
    )
    made = socket.create_connection((where.hostname, where.port))
    made.sendall(head.encode())
    return made


def stuck_turn(server: Server) -> http.client.HTTPConnection:
    """Return a request that waits for a turn, which waits for a tool that is stuck."""
    talk = server.open()
    made = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=40)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
    path = f"/v1/conversations/{talk}/messages?wait=28"
    made.request("POST", path, '{"text": "Look"}', headers)
    until = time.monotonic() + 10
    while not (server.folder / "staring").exists():
        assert time.monotonic() < until, "the tool was not called"
        time.sleep(0.02)
    return made


@pytest.mark.timeout(120)
def test_a_drain_has_an_end(tmp_path: Path) -> None:
    """A stuck tool, a stuck reader and half a request: none outlasts the bound.

    The request that waits for the stuck turn is answered: it was accepted.
    """
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "stuck.py").write_text(AGENT)
    stare = {"tool_use": [{"name": "stare", "input": {}}]}
    with running_in_thread() as model:
        StandIn(model).control("PUT", "/script", {PRIMARY: [stare]})
        agent = str(folder / "stuck.py:agent")
        with serving(folder, model, agent=agent) as server:
            reader, half = stuck_stream(server), half_a_request(server)
            waiting = stuck_turn(server)
            began = time.monotonic()
            server.process.terminate()
            answer = waiting.getresponse()
            answered_s = time.monotonic() - began
            assert server.process.wait(60) == 0
            took_s = time.monotonic() - began
            reader.close()
            half.close()
    print(f"the waiting request after {answered_s:.1f} s, the end after {took_s:.1f} s")
    assert answer.status == 202
    assert answered_s < 12
    assert took_s < BOUND_S
