"""Lives of the core that end at a chosen write or call.

Run as a module. It imports once and forks a child a life: it reads lines of JSON
``{"folder", "at", "log", "answer"}`` and prints how each child ended. A child with
``at`` is struck down by SIGKILL at that point: before a statement of the store's writer
connection (SQLite calls a trace before each), or before or after a call of the model or
of a tool. One without lives until the turn is answered.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from tests.chaos.core_points import Outside, Points

from mainstay.domain.step import ModelStep, Usage
from mainstay.shop.agent import build
from mainstay.testing.world import Notes, World
from mainstay.tools.functions import FunctionTools

ASKED = "I want a refund for order 1042"


class RefundingModel:
    """Looks the order up, refunds it, says so; reads the history like a real one."""

    async def call(self, request: Any, on_text: Any) -> ModelStep:
        """Return the response that the history asks for."""
        calls = [m for m in request.messages if m["role"] == "assistant"]
        match len(calls):
            case 0:
                return tool_call(request.model, "toolu_1", "lookup_order")
            case 1:
                return tool_call(request.model, "toolu_2", "refund_order")
            case _:
                done = request.messages[-1]["content"][0]
                assert "is_error" not in done, done
                amount = json.loads(done["content"])["amount"]
                text = f"I have refunded {amount} for order 1042."
                on_text(text)
                block = {"type": "text", "text": text}
                return ModelStep(request.model, [block], "end_turn", Usage(1, 1))

    async def close(self) -> None:
        """Hold nothing."""


def tool_call(model: str, id_: str, name: str) -> ModelStep:
    """Return a response that asks for a tool about the order."""
    block = {"type": "tool_use", "id": id_, "name": name, "input": {"order_id": "1042"}}
    return ModelStep(model, [block], "tool_use", Usage(1, 1))


async def live(folder: Path, points: Points) -> str:
    """Accept the message (again), and live until its turn is answered."""
    tools = FunctionTools(build(folder / "shop.db"), Notes())
    world = World(folder, Outside(RefundingModel(), points), Outside(tools, points))

    def trace(sql: str) -> None:
        points.reach(" ".join(sql.split())[:70])

    world.on_store = lambda store: store.writer.connection.set_trace_callback(trace)
    async with world.living():
        known = folder / "conversation"
        if not known.exists():
            known.write_text((await world.open()).id)
        points.armed = True
        accepted = await world.say(known.read_text(), ASKED, key="only-once")
        await world.reply(accepted, within_s=20)
        points.armed = False
        return accepted.turn_id


def fork_lives(live: Callable[[dict[str, Any], Points], str]) -> None:
    """Fork a child for each line; print its exit status.

    Args:
        live: lives and returns the turn that was answered.
    """
    for line in sys.stdin:
        spec = json.loads(line)
        child = os.fork()
        if child == 0:
            end(spec, live(spec, Points(spec["at"], spec["log"])))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def end(spec: dict[str, Any], turn_id: str) -> NoReturn:
    """End a life whose turn was answered."""
    Path(spec["answer"]).write_text(turn_id)
    os._exit(0)


if __name__ == "__main__":
    fork_lives(lambda spec, points: asyncio.run(live(Path(spec["folder"]), points)))
