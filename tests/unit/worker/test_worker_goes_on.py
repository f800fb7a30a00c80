"""Whatever the queue or the store does, a worker goes on."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mainstay.domain.errors import StoreUnavailable
from mainstay.domain.step import ModelStep, Usage
from mainstay.domain.wake import Wake
from mainstay.system.clock import SystemClock
from mainstay.testing.memory_queue import MemoryQueue
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World
from mainstay.worker.options import WorkerOptions
from mainstay.worker.worker import Worker


class Words:
    """A model that always says the same."""

    async def call(self, request: Any, on_text: Any) -> ModelStep:
        """Answer."""
        block = {"type": "text", "text": "Here."}
        return ModelStep(request.model, [block], "end_turn", Usage(1, 1))

    async def close(self) -> None:
        """Hold nothing."""


class Acked(MemoryQueue):
    """Tells of the first ack of a wake."""

    acked = asyncio.Event()

    async def ack(self, wakes: Sequence[Wake]) -> None:
        """Ack."""
        await super().ack(wakes)
        if wakes:
            self.acked.set()


async def throws(*_: Any, **__: Any) -> Any:
    """Throw what nobody expected."""
    raise RuntimeError("nobody expected this")


class Throwing:
    """Runs turns, which throw."""

    run = staticmethod(throws)


async def test_a_claim_that_throws_does_not_end_the_worker(tmp_path: Path) -> None:
    """An error nobody expected is reported; the next look claims the work."""
    async with World(tmp_path, Words(), ScriptedTools()).living(working=False) as world:
        claim = world.store.leases.claim
        thrown = 0

        async def throws_once(*args: Any) -> Any:
            nonlocal thrown
            thrown += 1
            if thrown == 1:
                raise RuntimeError("nobody expected this")
            return await claim(*args)

        world.store.leases.claim = throws_once  # type: ignore[method-assign]
        await world.start_worker()
        reply = await world.reply(await world.say((await world.open()).id, "Hello"))
        assert reply is not None
        assert reply.response == "Here."
        assert thrown >= 2


async def test_a_claim_that_throws_gives_its_wakes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the error: a broker would hide them for as long as the worker lives."""
    async with World(tmp_path, Words(), ScriptedTools()).living(working=False) as world:
        released: list[str] = []
        queue = world.queue()
        release = queue.release

        async def noted(wakes: Sequence[Wake], delay_s: float) -> None:
            released.extend(wake.conversation_id for wake in wakes)
            await release(wakes, delay_s)

        async def throws_once(*args: Any) -> Any:
            world.store.leases.claim = claim  # type: ignore[method-assign]
            raise RuntimeError("nobody expected this")

        claim = world.store.leases.claim
        world.store.leases.claim = throws_once  # type: ignore[method-assign]
        queue.release = noted  # type: ignore[method-assign]
        monkeypatch.setattr(World, "queue", lambda _: queue)
        await world.start_worker()
        talk = await world.open()
        assert await world.reply(await world.say(talk.id, "Hello")) is not None
        assert released == [talk.id]


async def test_a_turn_that_ends_in_an_error_keeps_no_wake(tmp_path: Path) -> None:
    """Whatever throws, and also when the attempt cannot be put off: it is acked."""
    queue = Acked(SystemClock(), visibility_s=600, batch=10)
    async with World(tmp_path, Words(), ScriptedTools()).living(working=False) as world:
        world.store.journal.postpone = throws  # type: ignore[method-assign]
        worker = Worker(
            owner=world.owner,
            queue=queue,
            leases=world.store.leases,
            journal=world.store.journal,
            runner=Throwing(),  # type: ignore[arg-type]
            clock=world.clock,
            telemetry=world.notes,
            options=WorkerOptions(),
        )
        await worker.start()
        talk = await world.open()
        await world.say(talk.id, "Hello")
        await queue.publish([Wake(talk.id)])
        async with asyncio.timeout(10):
            await queue.acked.wait()
        await worker.stop()


async def test_a_turn_that_could_not_be_put_off_is_put_off_again(
    tmp_path: Path,
) -> None:
    """Its store was away for a moment: nobody waits until its lease ends, in 10 s."""
    async with World(tmp_path, Words(), ScriptedTools()).living(working=False) as world:
        finish, postpone = world.store.journal.finish, world.store.journal.postpone

        async def away_once(*_: Any, **__: Any) -> Any:
            world.store.journal.finish = finish  # type: ignore[method-assign]
            raise StoreUnavailable("away")

        async def away_too(*_: Any, **__: Any) -> Any:
            world.store.journal.postpone = postpone  # type: ignore[method-assign]
            raise StoreUnavailable("away")

        world.store.journal.finish = away_once  # type: ignore[method-assign]
        world.store.journal.postpone = away_too  # type: ignore[method-assign]
        await world.start_worker()
        accepted = await world.say((await world.open()).id, "Hello")
        assert await world.reply(accepted, within_s=5) is not None


async def test_a_renewal_that_throws_does_not_end_the_thread(tmp_path: Path) -> None:
    """The renewing thread outlives an error; the next renewal holds the lease."""
    async with World(tmp_path, Words(), ScriptedTools()).living(working=False) as world:
        from mainstay.worker.grip import GripKeeper

        talk = await world.open()
        await world.say(talk.id, "Hello")
        [claim] = await world.store.leases.claim([talk.id], world.owner)
        lost: list[Any] = []
        keeper = GripKeeper(
            world.owner, world.store.leases, world.clock, world.notes, lost.append
        )
        held = keeper.hold(claim)

        def broken(*args: Any) -> Any:
            raise RuntimeError("nobody expected this")

        renew = world.store.leases.renew
        world.store.leases.renew = broken  # type: ignore[method-assign]
        keeper._renew({talk.id: held}, world.clock.monotonic_s())  # noqa: SLF001 - one round of its thread
        world.store.leases.renew = renew  # type: ignore[method-assign]
        assert lost == []
        assert [type(e).__name__ for e in world.notes.events] == ["Trouble"]
        held.ensure()
