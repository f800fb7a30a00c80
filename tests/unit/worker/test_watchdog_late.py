"""How late holding replies are, for who decides whether to accept more."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mainstay.domain.turn import Turn
from mainstay.ports.watch import Overdue
from mainstay.testing.clock import ManualClock
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World
from mainstay.worker.watchdog import BATCH


class Mute:
    """A model that is never asked."""

    async def call(self, request: Any, on_text: Any) -> Any:
        """Never."""

    async def close(self) -> None:
        """Hold nothing."""


async def test_it_is_late_only_while_there_are_too_many(tmp_path: Path) -> None:
    """A full batch tells how late its oldest is; fewer are all held in this look."""
    clock = ManualClock()
    world = World(tmp_path, Mute(), ScriptedTools(), clock=clock, watched=False)
    async with world.living(working=False):
        dog = world.watchdog()
        by_ms = clock.now_ms() - 2_500
        turn = Turn("turn_1", "conv_1", 1, 1, "pending", 0, 0, by_ms, by_ms)
        found: list[int] = [BATCH]

        async def overdue(limit: int) -> Sequence[Overdue]:
            return [Overdue(turn, [])] * found[0]

        async def hold(turn: Turn, reply: Any) -> bool:
            return False

        world.store.watch.overdue = overdue  # type: ignore[method-assign]
        world.store.watch.hold = hold  # type: ignore[method-assign]
        assert dog.late_s == 0.0
        await dog.look()
        assert dog.late_s == 2.5
        found[0] = BATCH - 1
        await dog.look()
        assert dog.late_s == 0.0
