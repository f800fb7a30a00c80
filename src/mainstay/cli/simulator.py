"""``mainstay simulator``: the local stand-in for Claude."""

from typing import Annotated

import typer

DEFAULT_PORT = 8090

NATURAL_PACE_S = 0.015
"""A reply reads as if typed; said here so that the help loads no server."""


def simulator(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")
    ] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    pace: Annotated[
        float, typer.Option(min=0, help="Seconds between two streamed pieces.")
    ] = NATURAL_PACE_S,
    delay: Annotated[
        float, typer.Option(min=0, help="Seconds before the first byte.")
    ] = 0,
) -> None:
    """Serve a local stand-in for the Claude Messages API, with faults on request."""
    import asyncio

    asyncio.run(_serve(host, port, pace, delay))


async def _serve(host: str, port: int, pace_s: float, delay_s: float) -> None:
    import asyncio
    import signal

    from mainstay.simulator.options import Options
    from mainstay.simulator.server import running

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    options = Options(pace_s=pace_s, delay_s=delay_s)
    async with running(options, host=host, port=port) as address:
        print(
            f"mainstay simulator ready at {address}\n"
            f"use it with: ANTHROPIC_BASE_URL={address} mainstay serve all",
            flush=True,
        )
        await stop.wait()
