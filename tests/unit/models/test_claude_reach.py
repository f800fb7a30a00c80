"""Whether the API is there: asked for nothing, judged by any answer."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from mainstay.models import claude, connection
from mainstay.ports.findings import Finding
from mainstay.testing.clock import ManualClock
from mainstay.testing.secret import GivenSecret

Wires = Callable[..., Any]


def answer(status: int, type_: str = "") -> Callable[[asyncio.StreamWriter], Any]:
    """Return what answers with a status and an error's type."""
    error = {"type": "error", "error": {"type": type_, "message": "secret words"}}
    body = json.dumps(error if type_ else {"data": []}).encode()

    async def talk(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n"
        head += f"content-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return talk


async def test_it_is_asked_which_models_there_are(wired: Wires) -> None:
    """With the key, once, by a GET: that costs no tokens."""
    one = await wired(answer(200), key="the key")
    assert await one.model.reach() == Finding(ok=True)
    ((head, body),) = one.server.requests
    assert head.startswith("GET /v1/models?limit=1 HTTP/1.1")
    assert "the key\r\n" in head
    assert body == b""


@pytest.mark.parametrize(
    ("status", "type_", "ok"),
    [
        (401, "authentication_error", False),
        (403, "permission_error", False),
        (404, "not_found_error", True),
        (429, "rate_limit_error", True),
        (500, "api_error", False),
        (529, "overloaded_error", False),
    ],
)
async def test_any_answer_shows_that_it_is_there(
    wired: Wires, status: int, type_: str, ok: bool
) -> None:
    """But for a refused key and a server's error; none of its words are told."""
    one = await wired(answer(status, type_))
    found = await one.model.reach()
    assert found == Finding(ok, f"HTTP {status} {type_}")


async def test_a_key_that_cannot_be_sent_reaches_nobody(wired: Wires) -> None:
    """It is told without a request."""
    one = await wired(answer(200), key="häh\n")
    found = await one.model.reach()
    assert (found.ok, one.server.requests) == (False, [])


async def test_nobody_there_is_told() -> None:
    """A refused connection is no fault of ours."""
    nobody = "http://127.0.0.1:9"
    model = claude.ClaudeModel(GivenSecret("key"), nobody, ManualClock())
    found = await model.reach()
    await model.close()
    assert not found.ok


async def test_silence_is_told(wired: Wires, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time-out."""
    monkeypatch.setattr(claude, "REACH_TIMEOUT_S", 0.05)

    async def silent(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    one = await wired(silent)
    assert not (await one.model.reach()).ok


async def test_a_new_key_is_used(wired: Wires) -> None:
    """The one that is current at the look."""
    one = await wired(answer(200), key="first")
    await one.model.reach()
    one.model._api_key.value = "second"  # noqa: SLF001 - it is a given one
    await one.model.reach()
    assert "second" in one.server.requests[1][0]


async def test_the_sdk_is_imported_beside_the_loop(
    wired: Wires, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, in one thread, however many ask; a call that has its client asks nobody."""
    threads: list[threading.Thread] = []
    monkeypatch.setattr(
        connection, "preload", lambda: threads.append(threading.current_thread())
    )
    one = await wired(answer(200))
    await asyncio.gather(one.model.reach(), one.model.retires_at_ms("a-model"))
    await one.model.reach()
    (thread,) = threads
    assert thread is not threading.main_thread()


async def test_a_call_too_waits_for_the_sdk_beside_the_loop(
    wired: Wires, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its import takes a second, in which all other turns would stand still."""
    threads: list[threading.Thread] = []
    monkeypatch.setattr(
        connection, "preload", lambda: threads.append(threading.current_thread())
    )
    one = await wired(answer(529, "overloaded_error"))
    await one.fails()
    await one.fails()
    (thread,) = threads
    assert thread is not threading.main_thread()


async def test_a_load_that_failed_is_tried_again(
    wired: Wires, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends its call as a value; the next may have a file or a thread again."""
    faults = [OSError("too many open files")]

    def load() -> None:
        if faults:
            raise faults.pop()

    monkeypatch.setattr(connection, "preload", load)
    one = await wired(answer(529, "overloaded_error"))
    first, second = await one.fails(), await one.fails()
    assert (first.kind, first.detail) == ("unforeseen", "OSError")
    assert second.kind == "overloaded"
