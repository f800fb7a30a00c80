"""When a stopped process that holds the write lock is killed, and when it is not."""

from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.telemetry import Evicted, TelemetryEvent, Trouble
from mainstay.ports.write_lock import Sitter
from mainstay.testing.clock import ManualClock
from mainstay.worker.eviction import LOOK_S, SITS_S, Eviction

FROZEN = Sitter(pid=7, started=100, stopped=True, ran=3)
ENOUGH_S = SITS_S + 3 * LOOK_S
NEARLY_S = SITS_S - LOOK_S


class Scene:
    """The lock, the enlisted processes, a clock and the log of an eviction."""

    def __init__(self) -> None:
        self.sitting: Sitter | None = FROZEN
        self.ours = {"locks/a": (7, 100), "locks/b": (8, 200)}
        self.fault: Exception | None = None
        self.killed: list[Sitter] = []
        self.told: list[TelemetryEvent] = []
        self.clock = ManualClock()

    def holder(self) -> Sitter | None:
        """Return who holds the lock."""
        return self.sitting

    def kill(self, seen: Sitter) -> bool:
        """Note a kill; the lock is free then."""
        self._fail_if(OSError)
        self.killed.append(seen)
        self.sitting = None
        return True

    async def enlisted(self) -> list[tuple[str, str]]:
        """Return the processes of this store."""
        self._fail_if(StoreUnavailable)
        return [(path, path) for path in self.ours]

    def identity(self, path: str) -> tuple[int, int] | None:
        """Return which process an enlisted one is."""
        return self.ours[path]

    def emit(self, event: TelemetryEvent) -> None:
        """Note an event."""
        self.told.append(event)

    def _fail_if(self, kind: type[Exception]) -> None:
        if isinstance(self.fault, kind):
            raise self.fault


@pytest.fixture
async def scene() -> AsyncGenerator[Scene]:
    """Give a stopped process of this store on the lock, and one who looks."""
    scene = Scene()
    eviction = Eviction(scene, scene, scene, scene.clock, scene)  # type: ignore[arg-type]
    await eviction.start()
    yield scene
    await eviction.stop()


async def test_a_stopped_process_is_killed_after_8_s_and_not_before(
    scene: Scene,
) -> None:
    """It is killed once, and told of with how long it stood."""
    await scene.clock.run_for(SITS_S)
    assert scene.killed == []
    await scene.clock.run_for(3 * LOOK_S)
    assert scene.killed == [FROZEN]
    [event] = scene.told
    assert isinstance(event, Evicted)
    assert event.pid == FROZEN.pid
    assert SITS_S < event.stopped_s <= ENOUGH_S
    await scene.clock.run_for(ENOUGH_S)
    assert len(scene.killed) == 1


async def test_a_process_that_runs_is_never_killed(scene: Scene) -> None:
    """A slow writer is slow, not stopped."""
    scene.sitting = replace(FROZEN, stopped=False)
    await scene.clock.run_for(10 * ENOUGH_S)
    assert scene.killed == []


async def test_a_process_that_ran_in_between_starts_the_count_anew(
    scene: Scene,
) -> None:
    """Stopped now and then (job control, a processor limit) is not stuck."""
    await scene.clock.run_for(NEARLY_S)
    scene.sitting = replace(FROZEN, ran=FROZEN.ran + 1)
    await scene.clock.run_for(NEARLY_S)
    scene.sitting = None
    await scene.clock.run_for(LOOK_S)
    scene.sitting = FROZEN
    await scene.clock.run_for(NEARLY_S)
    assert scene.killed == []


async def test_a_process_of_somebody_else_is_left_alone(scene: Scene) -> None:
    """A backup tool, or a later process under the id of one of ours."""
    scene.ours = {"locks/a": (7, 99), "locks/b": (8, 100)}
    await scene.clock.run_for(10 * ENOUGH_S)
    assert scene.killed == []


@pytest.mark.parametrize("fault", [PermissionError("kill"), StoreUnavailable("read")])
async def test_a_fault_is_told_and_tried_again(scene: Scene, fault: Exception) -> None:
    """What cannot be done now is done as soon as it can."""
    scene.fault = fault
    await scene.clock.run_for(ENOUGH_S)
    assert scene.killed == []
    assert isinstance(scene.told[0], Trouble)
    scene.fault = None
    await scene.clock.run_for(ENOUGH_S)
    assert scene.killed == [FROZEN]
