"""What a turn spends on models, and whether it may go on."""

from collections.abc import Sequence
from dataclasses import dataclass

from mainstay.agent.pricing import Price, cost_of
from mainstay.domain.model_call import ModelOutcome
from mainstay.domain.spend import NOTHING, Amount, Limit, Spent
from mainstay.domain.step import NO_USAGE, ModelStep, Usage
from mainstay.ports.journal import Record


@dataclass(slots=True)
class Purse:
    """One attempt's account.

    Args:
        limits: how much may be spent.
        price: US dollars of a model's tokens.
        spent: what the store had counted when the turn was loaded.
        usage: tokens of the turn so far.
        cost_usd: their price.
        fresh: of both, what the store has not counted.
    """

    limits: Sequence[Limit]
    price: Price
    spent: Spent
    usage: Usage = NO_USAGE
    cost_usd: float = 0.0
    fresh: Amount = NOTHING

    @classmethod
    def of(cls, record: Record, limits: Sequence[Limit], price: Price) -> "Purse":
        """Return the account of a turn as its journal tells of it."""
        purse = cls(limits, price, record.spent)
        counted = len(record.steps) - record.uncounted
        for n, step in enumerate(record.steps):
            if isinstance(step, ModelStep):
                usd = price(step.model, step.usage)
                purse._take(step.usage, usd, fresh=n >= counted)
        return purse

    def pay(self, model: str, outcome: ModelOutcome) -> None:
        """Take what a call cost, whatever became of it."""
        usd = cost_of(self.price, model, outcome)
        self._take(outcome.usage, usd, fresh=True)

    def reached(self) -> Limit | None:
        """Return a limit that forbids the next call, or None."""
        for limit in self.limits:
            if limit.reached(self.spent, self.fresh):
                return limit
        return None

    def _take(self, usage: Usage, usd: float, *, fresh: bool) -> None:
        self.usage += usage
        self.cost_usd += usd
        if fresh:
            self.fresh += Amount(usage.tokens, usd)
