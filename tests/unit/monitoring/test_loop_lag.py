"""How late the event loop comes is measured where it is late."""

from mainstay.monitoring.loop_lag import EVERY_S, LoopLag
from mainstay.testing.clock import ManualClock


async def test_a_loop_in_time_has_no_lag() -> None:
    """Four looks a second."""
    lags: list[float] = []
    clock = ManualClock()
    lag = LoopLag(lags.append, clock)
    await lag.start()
    await clock.run_for(4 * EVERY_S)
    assert lags == [0.0] * 4
    await lag.stop()


async def test_a_blocked_loop_is_seen() -> None:
    """What blocks it for longer than a look shows as lag; the next look is in time."""
    lags: list[float] = []
    clock = ManualClock()
    lag = LoopLag(lags.append, clock)
    await lag.start()
    await clock.run_for(0)
    clock.advance(3 * EVERY_S)
    await clock.run_for(EVERY_S)
    await lag.stop()
    assert lags == [2 * EVERY_S, 0.0]
