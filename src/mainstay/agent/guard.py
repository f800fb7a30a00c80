"""A guard: lets calls of one model or one tool pass, and hears how they went."""

from typing import Protocol


class Verdict(Protocol):
    """One admitted call; its first report counts, and none of them blocks."""

    def success(self, *, slow: bool = False) -> None:
        """The call worked; ``slow`` when it took longer than is good."""
        ...

    def failure(self) -> None:
        """The call failed through the fault of the other side."""
        ...

    def neutral(self) -> None:
        """The call tells nothing: cancelled, or our own fault."""
        ...


class Guard(Protocol):
    """A circuit breaker as calls use it."""

    @property
    def retry_in_s(self) -> float | None:
        """Seconds until an open one lets a trial through; None unless open."""
        ...

    async def admit(self) -> Verdict | None:
        """Let a call pass, or return None; cancellation leaves nothing taken."""
        ...

    def trip(self, for_s: float, *, ramps: bool = False) -> None:
        """Let none pass for ``for_s`` seconds: the other side said to stay away.

        With ``ramps`` those who come back do so slowly.
        """
        ...
