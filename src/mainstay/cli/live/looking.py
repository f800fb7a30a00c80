"""Looks again and again."""

from collections.abc import AsyncIterator

from mainstay.cli.live.figures import Figures, figures_of
from mainstay.cli.live.look import Growth
from mainstay.cli.live.watched import Watched
from mainstay.cli.server import pause


async def figures_every(
    watched: Watched, every_s: float
) -> AsyncIterator[tuple[Figures, float]]:
    """Yield figures and when they were true, whether or not anybody answers.

    Raises:
        MainstayError: the gateway refuses the key.
    """
    growth = Growth()
    while True:
        look = await watched.look()
        growth.see(look)
        yield figures_of(look, growth), look.at_s
        await pause(every_s)
