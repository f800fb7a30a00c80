"""``mainstay top``: how a running system is, live."""

from typing import TYPE_CHECKING, Annotated

import typer

from mainstay.cli.options import AsJson, Data
from mainstay.cli.server import Url, address_of, own_key

if TYPE_CHECKING:
    from mainstay.cli.live.view import View
    from mainstay.cli.live.watched import Watched

Looks = Annotated[
    float, typer.Option("--every", min=0.2, max=60, help="Seconds between two looks.")
]


def top(  # noqa: PLR0913, PLR0917 - each an option
    url: Url = None,
    worker: Annotated[
        list[str] | None,
        typer.Option(
            help="Address of a worker apart from the gateway; may be repeated.",
            show_default=False,
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="API key of an administrator. "
            "[default: MAINSTAY_BOOTSTRAP_KEY, else the demo's, from its folder]",
            show_default=False,
        ),
    ] = None,
    every_s: Looks = 2,
    once: Annotated[
        bool, typer.Option("--once", help="Show one frame and end.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show how a running system is: rates, times, queue, breakers, limits, cost.

    On a terminal until q is pressed; elsewhere it prints a line each time it looks.
    """
    import asyncio

    from mainstay.settings import environment, load, overlaid

    changes = {} if data is None else {"MAINSTAY_DATA": data}
    settings = load(overlaid(environment(), changes), needs=frozenset())
    gateway = address_of(url, settings)
    workers = [address_of(one, settings, "--worker") for one in worker or ()]
    addresses = [gateway, *workers]
    secret = key or own_key(settings)
    asyncio.run(_watch(addresses, secret, every_s, once=once, as_json=as_json))


async def _watch(
    addresses: list[str], key: str, every_s: float, *, once: bool, as_json: bool
) -> None:
    import sys

    import aiohttp

    from mainstay.cli.live.view import Json, Lines, Whole
    from mainstay.cli.live.watched import Watched

    title = f"mainstay top   {addresses[0]}"
    async with aiohttp.ClientSession() as session:
        watched = Watched(session, addresses[0], addresses[1:], key)
        if once:
            await _show_once(watched, every_s, Json() if as_json else Whole(title))
        elif as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            await _show_lines(watched, every_s, Json() if as_json else Lines())
        else:
            await _show_frames(watched, every_s, title)


async def _show_once(watched: "Watched", every_s: float, view: "View") -> None:
    """Look twice: one look has no rates.

    Raises:
        MainstayError: the gateway does not answer.
    """
    from mainstay.cli.live.figures import figures_of
    from mainstay.cli.live.look import Growth
    from mainstay.cli.server import pause
    from mainstay.domain.errors import MainstayError

    growth = Growth()
    growth.see(await watched.look())
    await pause(every_s)
    look = await watched.look()
    growth.see(look)
    figures = figures_of(look, growth)
    if figures.gone is not None:
        message = f"no answer: {figures.gone}; name the gateway with --url"
        raise MainstayError(message)
    view.show(figures)


async def _show_lines(watched: "Watched", every_s: float, view: "View") -> None:
    from mainstay.cli.live.looking import figures_every

    async for figures, _ in figures_every(watched, every_s):
        view.show(figures)


async def _show_frames(watched: "Watched", every_s: float, title: str) -> None:
    """Draw until the reader leaves.

    Raises:
        KeyboardInterrupt: they pressed Ctrl-C.
        MainstayError: the gateway refuses the key.
    """
    import asyncio
    import contextlib

    from mainstay.cli.live.looking import figures_every
    from mainstay.cli.live.terminal import Terminal
    from mainstay.cli.live.view import Screen

    news = asyncio.Event()
    terminal, screen = Terminal(news), Screen(title)

    async def keep_looking() -> None:
        async for figures, at_s in figures_every(watched, every_s):
            screen.take(figures, at_s)
            news.set()

    with terminal.open():
        looking = asyncio.create_task(keep_looking())
        looking.add_done_callback(lambda _: news.set())
        while not terminal.left and not looking.done():
            terminal.draw(screen.lines)
            await news.wait()
            news.clear()
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
    if terminal.interrupted:
        raise KeyboardInterrupt
