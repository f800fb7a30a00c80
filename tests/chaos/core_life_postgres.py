"""Lives of the real assembly on PostgreSQL that end around a statement or a call.

As ``core_life``, whose forks they are; a spec also has ``database``, the address of a
database with the schema. The turn has two tools: a refund, which the shop makes once a
key, and a courier, whose other side knows no keys. A statement of the turn is three
points: before it is sent, when it was sent and nobody waits for its answer any more,
and after the answer.
"""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import uvloop
from tests.chaos.core_life import ASKED, end, fork_lives, tool_call
from tests.chaos.core_points import Outside, Points

from mainstay import Agent, ToolContext
from mainstay.assembly import frame, running, working
from mainstay.domain.step import ModelStep, Usage
from mainstay.domain.wake import Wake
from mainstay.models.sdk import preload
from mainstay.ports.inbox import Accepted, NewConversation, NewMessage
from mainstay.settings import Settings, load
from mainstay.shop.agent import build
from mainstay.stores.postgres.journal import SQL as JOURNAL
from mainstay.stores.postgres.writer import RUN

LOOK_S = 0.05
ON_THE_WIRE = 3
"""So many rounds of the loop, and what was sent has left the process."""

BOOKED = "The courier is booked."
DOUBT = "Whether the courier was booked could not be confirmed; a colleague checks it."


class TwoToolsModel:
    """Refunds, books a courier, and tells what the tools told it."""

    async def call(self, request: Any, on_text: Any) -> ModelStep:
        """Return the response that the history asks for."""
        calls = [m for m in request.messages if m["role"] == "assistant"]
        if request.use_tools and len(calls) == 0:
            return tool_call(request.model, "toolu_1", "refund_order")
        if request.use_tools and len(calls) == 1:
            return tool_call(request.model, "toolu_2", "book_courier")
        text = _told(request.messages)
        on_text(text)
        block = {"type": "text", "text": text}
        return ModelStep(request.model, [block], "end_turn", Usage(1, 1))

    async def close(self) -> None:
        """Hold nothing."""


def _told(messages: Sequence[Mapping[str, Any]]) -> str:
    results = {
        block["tool_use_id"]: block
        for message in messages
        if message["role"] == "user" and not isinstance(message["content"], str)
        for block in message["content"]
        if block["type"] == "tool_result"
    }
    said = list[str]()
    if (refund := results.get("toolu_1")) is not None and "is_error" not in refund:
        said.append(f"I have refunded {json.loads(refund['content'])['amount']}.")
    if (courier := results.get("toolu_2")) is not None:
        said.append(DOUBT if "is_error" in courier else BOOKED)
    return " ".join(said) or "Nothing was done."


def agent_in(folder: Path) -> Agent:
    """Return the shop's agent, who can also book couriers."""
    agent = build(folder / "shop.db")

    @agent.tool(effect=True)
    async def book_courier(ctx: ToolContext, order_id: str) -> dict[str, Any]:
        """Book a courier; the other side knows no keys.

        Args:
            ctx: whose parcel.
            order_id: which order.
        """
        file = os.open(folder / "couriers", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, f"{order_id}\n".encode())
        os.close(file)
        return {"booked": order_id}

    return agent


def counted(points: Points) -> type:
    """Return a connection whose statements of a turn are points."""

    class Counted(asyncpg.Connection):
        __slots__ = ()

        async def fetchval(self, query: str, *args: Any, **more: Any) -> Any:
            return await self._around(query, args, super().fetchval, more)

        async def fetchrow(self, query: str, *args: Any, **more: Any) -> Any:
            return await self._around(query, args, super().fetchrow, more)

        async def _around(self, query: str, args: Any, run: Any, more: Any) -> Any:
            name = _name(query, args)
            if name is None:
                return await run(query, *args, **more)
            points.reach(f"before {name}")
            asked = asyncio.ensure_future(run(query, *args, **more))
            for _ in range(ON_THE_WIRE):
                await asyncio.sleep(0)
            points.reach(f"amid {name}")
            answer = await asked
            points.reach(f"after {name}")
            return answer

    return Counted


def _name(query: str, args: Sequence[Any]) -> str | None:
    """Return what a statement of a turn is called; None for any other."""
    if query == RUN:
        return " ".join(verb for verb, _ in json.loads(args[1]))
    return "load" if query == JOURNAL["load"] else None


@dataclass
class Opened:
    """What the assembly opened.

    Args:
        storage: the store.
        queue: carries wakes.
    """

    storage: Any = None
    queue: Any = None


def arm(folder: Path, points: Points) -> Opened:
    """Put agent, model and points into the assembly; return what it will open."""
    opened, kind = Opened(), counted(points)
    open_storage, open_queue = frame.open_storage, frame.open_queue
    open_tools, connect = frame.open_tools, asyncpg.connect

    async def storage(*args: Any) -> Any:
        opened.storage = await open_storage(*args)
        return opened.storage

    async def queue(*args: Any) -> Any:
        opened.queue = await open_queue(*args)
        return opened.queue

    async def tools(*args: Any, **more: Any) -> Any:
        return Outside(await open_tools(*args, **more), points)

    asyncpg.connect = lambda **options: connect(**options | {"connection_class": kind})
    frame.open_storage, frame.open_queue = storage, queue
    frame.open_tools = tools
    frame.agent_of = lambda _: agent_in(folder)
    model = Outside(TwoToolsModel(), points)
    working.open_models = lambda *_: {"anthropic": model}
    return opened


async def live(settings: Settings, spec: dict[str, Any], points: Points) -> NoReturn:
    """Accept the message (again), and live until its turn is answered."""
    folder = Path(spec["folder"])
    opened = arm(folder, points)
    async with running.serving(settings, frozenset({"worker"})):
        store, known = opened.storage.store, folder / "conversation"
        if not known.exists():
            talk = await store.inbox.open(NewConversation("demo", "test", {}))
            known.write_text(talk.id)
        points.armed = True
        talk_id = known.read_text()
        new = NewMessage(talk_id, None, ASKED, ("key:only-once",), ASKED)
        accepted = await store.inbox.accept(new)
        assert isinstance(accepted, Accepted)
        await opened.queue.publish([Wake(talk_id)])
        async with asyncio.timeout(20):
            listener = opened.storage.feed.listen(talk_id, deltas=False)
            while await store.conversations.reply(accepted.turn_id) is None:
                await listener.wait(LOOK_S)
        points.armed = False
        end(spec, accepted.turn_id)


def main() -> None:
    """Fork a life for each line."""
    preload()

    def one(spec: dict[str, Any], points: Points) -> str:
        env = {
            "ANTHROPIC_API_KEY": "nobody asks",
            "DATABASE_URL": spec["database"],
            "LOG_LEVEL": "ERROR",
            "MAINSTAY_DATA": spec["folder"],
        }
        return uvloop.run(live(load(env), spec, points))

    fork_lives(one)


if __name__ == "__main__":
    main()
