"""Dead processes are looked for as long as anybody lives."""

import asyncio
import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from mainstay.domain.step import ModelStep, Usage
from mainstay.domain.wake import Wake
from mainstay.ports.telemetry import Buried, Held, Trouble
from mainstay.system.liveness import FlockLiveness
from mainstay.testing.clock import ManualClock
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World
from mainstay.worker.watchdog import LOOK_S


class Silent:
    """A model that is never asked."""

    async def call(self, request: Any, on_text: Any) -> ModelStep:
        """Answer."""
        return ModelStep(request.model, [], "end_turn", Usage(1, 1))

    async def close(self) -> None:
        """Hold nothing."""


async def test_who_dies_after_the_start_is_buried_too(tmp_path: Path) -> None:
    """Not only at the start: who dies later loses its leases at the next look."""
    clock = ManualClock()
    world = World(tmp_path, Silent(), ScriptedTools(), clock=clock)
    async with world.living(working=False):
        dog = world.watchdog()
        for n in range(3):
            talk, dead = await world.open(), f"proc_{n}"
            await world.say(talk.id, "Hello")
            await world.store.leases.enlist(dead, str(tmp_path / f"{dead}.lock"), "w")
            assert await world.store.leases.claim([talk.id], dead)
            clock.advance(LOOK_S)
            await dog.look()
            assert Buried(dead, 1) in world.notes.events
            assert await world.store.leases.claim([talk.id], world.owner)


async def test_a_death_during_a_burial_is_seen_at_the_next_look(tmp_path: Path) -> None:
    """A burial that fails half way is done again, and what died meanwhile with it."""
    world = World(tmp_path, Silent(), ScriptedTools(), watched=False)
    async with world.living(working=False):
        dog, bury, late = world.watchdog(), world.store.leases.bury, "proc_late"
        lock = str(tmp_path / "no.lock")
        await world.store.leases.enlist("proc_first", lock, "w")

        async def torn(owner: str) -> list[str]:
            world.store.leases.bury = bury  # type: ignore[method-assign]
            await world.store.leases.enlist(late, f"{lock}.late", "w")
            raise RuntimeError("nobody expected this")

        world.store.leases.bury = torn  # type: ignore[method-assign]
        await dog.start()
        assert [
            event for event in world.notes.events if isinstance(event, Buried)
        ] == []
        await dog.look()
        for owner in ("proc_first", late):
            assert Buried(owner, 0) in world.notes.events
        await dog.stop()


async def test_what_cannot_be_buried_keeps_nobody_waiting(tmp_path: Path) -> None:
    """A process without a free descriptor cannot look at locks; it can still answer."""

    class Blind(FlockLiveness):
        @override
        async def dead(self, locks: Sequence[str]) -> list[str]:
            raise OSError(errno.EMFILE, "too many open files")

    clock = ManualClock()
    world = World(tmp_path, Silent(), ScriptedTools(), clock=clock, watched=False)
    async with world.living(working=False):
        dog, talk = world.watchdog(), await world.open()
        dog.liveness = Blind()
        accepted = await world.say(talk.id, "Hello")
        clock.advance(60)
        await dog.start()
        await dog.stop()
        assert Held(accepted.turn_id) in world.notes.events
        troubles = [e.where for e in world.notes.events if isinstance(e, Trouble)]
        assert troubles == ["watchdog"]


@pytest.mark.parametrize("cause", [ConnectionError("broker down"), None])
async def test_a_broker_that_is_down_keeps_nobody_waiting(
    tmp_path: Path, cause: ConnectionError | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A burial's wakes cannot be published: what is overdue is held all the same."""
    monkeypatch.setattr("mainstay.worker.watchdog.PUBLISH_S", 0.01)
    clock = ManualClock()
    world = World(tmp_path, Silent(), ScriptedTools(), clock=clock, watched=False)
    async with world.living(working=False):
        dog, talk = world.watchdog(), await world.open()
        accepted = await world.say(talk.id, "Hello")
        await world.store.leases.enlist("proc", str(tmp_path / "proc.lock"), "w")
        assert await world.store.leases.claim([talk.id], "proc")
        clock.advance(60)

        async def publish(wakes: Sequence[Wake]) -> None:
            if cause is not None:
                raise cause
            await asyncio.Event().wait()

        dog.queue.publish = publish  # type: ignore[method-assign]
        await dog.look()
        for told in (Buried("proc", 1), Held(accepted.turn_id)):
            assert told in world.notes.events
        troubles = [e.where for e in world.notes.events if isinstance(e, Trouble)]
        assert troubles == ["watchdog.publish"]
