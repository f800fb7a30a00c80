"""The watchdog answers for dead workers, over HTTP, once."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
from tests.chaos.lives import AUTH, Forge, posted, rows

HEARD_WITHIN_S = 30.0


async def _messages(address: str, conversation_id: str) -> list[Any]:
    async with (
        aiohttp.ClientSession(headers=AUTH) as http,
        http.get(f"{address}/v1/conversations/{conversation_id}/messages") as got,
    ):
        return (await got.json())["messages"]


async def test_every_worker_dead(
    forge: Forge, folder_of: Callable[[str], tuple[Path, str]]
) -> None:
    """One holding reply in 30 s though three gateways watch; the real one follows."""
    folder, conversation = folder_of("dead")
    gateways = [forge.live(folder, f"g{n}", roles=("gateway",)) for n in range(3)]
    addresses = [gateway.address() for gateway in gateways]
    address = addresses[0]
    asked_at = time.monotonic()
    first = await posted(address, conversation, "k", wait=29)
    if first["status"] != "answered":
        first = await posted(address, conversation, "k", wait=2)
    assert time.monotonic() - asked_at < HEARD_WITHIN_S
    reply = first["reply"]
    assert (reply["fallback_level"], reply["model"]) == (4, "none")
    await asyncio.sleep(2)
    said = await _messages(address, conversation)
    assert [m["role"] for m in said] == ["customer", "agent"]
    worker = forge.live(folder, "worker", roles=("worker",))
    worker.address()
    until = time.monotonic() + 15
    while len(said) < 3:
        assert time.monotonic() < until, said
        await asyncio.sleep(0.1)
        said = await _messages(address, conversation)
    assert said[2]["fallback_level"] == 0
    assert said[2]["turn_id"] == said[1]["turn_id"] == first["turn_id"]
    assert "59.90" in said[2]["text"]
    told = rows(folder / "mainstay.db", "SELECT cause FROM escalations")
    assert told == [("answer overdue",)]
