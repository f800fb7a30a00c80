"""Running it: as a process, in a thread, in a loop; and what a call costs."""

import asyncio
import signal
import subprocess
import sys
import time

import anthropic  # the SDK is the witness
import httpx2
import pytest

from mainstay.simulator.application import app
from mainstay.simulator.options import Options
from mainstay.simulator.server import running, running_in_thread, serve

HEADERS = {"x-api-key": "any", "anthropic-version": "2026-10-21"}
HELLO = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 500,
    "messages": [{"role": "user", "content": "Hello"}],
}


def test_the_command_prints_its_address_and_ends_on_sigterm():
    """``python -m mainstay.simulator --port 0`` prints one line when it is ready."""
    command = [sys.executable, "-m", "mainstay.simulator", "--port", "0", "--pace", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True
    )  # our own interpreter
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        response = httpx2.post(f"{url}/v1/messages", json=HELLO, headers=HEADERS)
        assert response.json()["content"][-1]["text"].startswith("Hello!")
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=10)
    assert rest == ""
    assert process.returncode in {0, -signal.SIGTERM}


def test_it_runs_in_a_thread():
    """A synchronous test can have one beside it, and it is gone afterwards."""
    with running_in_thread() as url:
        client = anthropic.Anthropic(api_key="any", base_url=url, max_retries=0)
        with client:
            message = client.messages.create(**HELLO)
        assert message.content[-1].text.startswith("Hello!")
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{url}/health")


async def test_a_taken_port_is_said_at_once():
    """Neither way of running waits for a port that it cannot have."""
    async with running() as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            async with running(port=port):
                pass
        with pytest.raises(OSError, match="in use"):
            await serve(port=port)
        with pytest.raises(OSError, match="in use"), running_in_thread(port=port):
            pass


async def test_signal_handlers_of_the_host_stay():
    """Inside another process, its signals are its own."""
    before = signal.getsignal(signal.SIGTERM)
    async with running():
        assert signal.getsignal(signal.SIGTERM) is before


async def test_it_stops_although_a_client_waits():
    """A held stream does not hold the end up for longer than a second or two."""
    started = time.perf_counter()
    async with (
        asyncio.timeout(10),
        httpx2.AsyncClient(headers=HEADERS) as client,
        running() as url,
    ):
        await client.put(f"{url}/faults", json={"*": {"pings_only": True}})
        body = {**HELLO, "stream": True}
        request = client.build_request("POST", f"{url}/v1/messages", json=body)
        response = await client.send(request, stream=True)
        assert response.status_code == 200
        started = time.perf_counter()
    assert time.perf_counter() - started < 5
    await response.aclose()


async def test_many_calls_at_once(address):
    """Two hundred concurrent streams all end well."""
    async with httpx2.AsyncClient(base_url=address, headers=HEADERS) as client:
        body = {**HELLO, "stream": True}
        calls = (client.post("/v1/messages", json=body) for _ in range(200))
        texts = [response.text for response in await asyncio.gather(*calls)]
    assert all(text.rstrip().endswith('{"type":"message_stop"}') for text in texts)


def test_options_that_cannot_work_are_refused():
    """Negative times and an empty log make no simulator."""
    for wrong in ({"pace_s": -1}, {"delay_s": -1}, {"call_log_size": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Options(**wrong)


async def test_a_call_of_the_persona_is_cheap(shop_tools):
    """Under a millisecond of CPU, so that load tests measure what they load."""
    import json

    body = json.dumps(
        {
            **HELLO,
            "stream": True,
            "tools": shop_tools,
            "messages": [{"role": "user", "content": "Where is order 1042?"}],
        }
    ).encode()
    simulator = app()
    headers = [(k.encode(), v.encode()) for k, v in HEADERS.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/messages",
        "headers": headers,
    }
    sent = []

    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    async def cost_s() -> float:
        started = time.process_time()
        for _ in range(100):
            await simulator(scope, receive, send)
        return (time.process_time() - started) / 100

    # The best of several, because the machine has other work.
    assert min([await cost_s() for _ in range(5)]) < 0.001
    assert b"lookup_order" in b"".join(m.get("body", b"") for m in sent)
