"""When a thread that sends must be done."""

import threading

from mainstay.ports.clock import Clock


class End:
    """Is far away until somebody asks for it; then everything has a last moment.

    Args:
        clock: monotonic.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._near = threading.Event()
        self._at_s = float("inf")

    def ask(self, at_s: float) -> None:
        """Ask for the end.

        Args:
            at_s: monotonic seconds by which whatever is begun must be over.
        """
        self._at_s = at_s
        self._near.set()

    @property
    def is_near(self) -> bool:
        """Tell whether it was asked for."""
        return self._near.is_set()

    @property
    def left_s(self) -> float:
        """Seconds until the last moment; infinite as long as nobody asked."""
        return self._at_s - self._clock.monotonic_s()

    def wait(self, seconds: float) -> None:
        """Return after ``seconds``, or at once when the end is near."""
        self._near.wait(max(seconds, 0))
