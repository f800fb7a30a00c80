import time

from mainstay.system.clock import SystemClock


def test_now_is_unix_time_in_milliseconds() -> None:
    """``now_ms`` lies between two readings of the machine's own clock."""
    before_ms = int(time.time() * 1000)
    now_ms = SystemClock().now_ms()
    assert before_ms <= now_ms <= time.time() * 1000 + 1


async def test_sleep_lasts() -> None:
    """``sleep`` takes the seconds it is told, by ``monotonic_s``."""
    clock = SystemClock()
    start_s = clock.monotonic_s()
    await clock.sleep(0.02)
    assert clock.monotonic_s() - start_s >= 0.019
