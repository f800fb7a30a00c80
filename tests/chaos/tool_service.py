"""A tool service as a process: it writes a line for each effect that it carries out."""

import asyncio
import signal
import socket
import sys
from pathlib import Path

from tests.conformance.tool_stage import SECRET, Heard

from mainstay import Agent, ToolContext
from mainstay.system.clock import SystemClock
from mainstay.tools.service.app import build_service
from mainstay.tools.service.server import serve


def lines_of(ledger: Path) -> list[str]:
    """Return what the effects wrote."""
    return ledger.read_text().splitlines()


def ledger_agent(ledger: Path) -> Agent:
    """Return an agent whose effects are lines of a file."""
    agent = Agent(name="Ledger", instructions="Help.", contact="a@example.com")

    async def asked(ctx: ToolContext) -> str | None:
        return "done" if f"done {ctx.idempotency_key}" in lines_of(ledger) else None

    def note(word: str, ctx: ToolContext) -> None:
        with ledger.open("a") as file:
            file.write(f"{word} {ctx.idempotency_key}\n")

    @agent.tool(effect=True, once="queryable", query=asked, timeout_s=5)
    async def pay(ctx: ToolContext) -> str:
        """Pay."""
        note("done", ctx)
        return "done"

    @agent.tool(effect=True, once="queryable", query=asked, timeout_s=2)
    async def pay_slowly(ctx: ToolContext, wait_s: float) -> str:
        """Begin at once, and pay after a while."""
        note("begun", ctx)
        await asyncio.sleep(wait_s)
        note("done", ctx)
        return "done"

    return agent


async def main(port: int, ledger: Path) -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    service = build_service(ledger_agent(ledger), SECRET, Heard(), SystemClock())
    listener = socket.create_server(("127.0.0.1", port))
    await serve(service, listener, stop, lambda _: None, grace_s=10)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
