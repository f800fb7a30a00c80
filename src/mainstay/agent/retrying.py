"""The one retry loop of a turn: for all its levels, its tools and its attempts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mainstay.agent.progress import Progress
from mainstay.domain.step import RetryStep
from mainstay.ports.clock import Clock
from mainstay.resilience.deadline import Deadline
from mainstay.resilience.retry_budget import RetryBudget, TurnRetries


@dataclass(frozen=True, slots=True)
class Retrying:
    """Decides whether something is tried once more, and waits until it is time.

    Args:
        share: what the turn may still spend.
        deadline: the attempt's end.
        clock: for pauses.
        progress: the turn's steps, where each retry is written down.
        save: journals them.
    """

    share: TurnRetries
    deadline: Deadline
    clock: Clock
    progress: Progress
    save: Callable[[], Awaitable[None]]

    @classmethod
    def of(
        cls,
        budget: RetryBudget,
        deadline: Deadline,
        clock: Clock,
        progress: Progress,
        save: Callable[[], Awaitable[None]],
    ) -> "Retrying":
        """Return it with what the turn's earlier attempts have left."""
        spent = progress.retries
        share = budget.turn(
            spent=len(spent), overloads=sum(s.cause == "overloaded" for s in spent)
        )
        return cls(share, deadline, clock, progress, save)

    async def again(
        self, cause: str, needs_s: float, after_s: float | None = None
    ) -> bool:
        """Spend a retry and pause before it; False when none is left, or no time.

        It is journaled before the pause: a worker that dies later than that leaves one
        retry less to whoever goes on.

        Args:
            cause: the failure's kind, or ``tool``.
            needs_s: seconds that must be left after the pause.
            after_s: seconds that the other side asked to wait, or None.
        """
        wish_s = after_s or 0.0
        if not self.deadline.allows(wish_s + needs_s):
            return False
        jitter_s = self.share.delay_s(after_overload=cause == "overloaded")
        if jitter_s is None:
            return False
        self.progress.add(RetryStep(cause))
        await self.save()
        room_s = self.deadline.remaining_s() - needs_s
        await self.clock.sleep(max(wish_s, min(jitter_s, room_s)))
        return True
