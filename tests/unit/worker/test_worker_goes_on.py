"""Whatever the queue or the store does, a worker goes on."""

from pathlib import Path
from typing import Any

from mainstay.domain.step import ModelStep, Usage
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World


class Words:
    """A model that always says the same."""

    async def call(self, request: Any, on_text: Any) -> ModelStep:
        """Answer."""
        block = {"type": "text", "text": "Here."}
        return ModelStep(request.model, [block], "end_turn", Usage(1, 1))

    async def close(self) -> None:
        """Hold nothing."""


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
