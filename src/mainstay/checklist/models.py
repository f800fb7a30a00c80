"""Check 5: both models can be had, and go on being there."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date

from mainstay.checklist.finding import Finding, failed, passed

SOON_DAYS = 30
"""A model that goes within so many days is replaced before a deployment, not after."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model.

    Args:
        lifecycle: active, deprecated or retired.
        retires_on: from when on calls of it fail, None when no date is set.
    """

    lifecycle: str
    retires_on: date | None = None


@dataclass(frozen=True, slots=True)
class FallbackAvailable:
    """Asks the provider for both models, and looks at their dates.

    Args:
        models: by the setting that names them, CLAUDE_MODEL first.
        enabled: whether level 2 is tried at all.
        find: asks the provider; None when it does not have the model.
        known: dates that are published, by model; the earlier one counts.
        today: the date.
    """

    models: Mapping[str, str]
    enabled: bool
    find: Callable[[str], Awaitable[ModelFacts | None]]
    known: Mapping[str, date]
    today: date
    title: str = "fallback models available"

    async def look(self) -> Finding:
        """Ask for each."""
        if not self.enabled:
            return failed("level 2 is switched off", "set FALLBACK_ENABLED=true")
        if len(set(self.models.values())) < len(self.models):
            told = "the fallback is the primary model"
            return failed(told, "set FALLBACK_MODEL to another one")
        for setting, model in self.models.items():
            facts = await self.find(model)
            if fault := self._fault(setting, model, facts):
                return fault
        return passed(f"{' and '.join(self.models.values())} are there")

    def _fault(
        self, setting: str, model: str, facts: ModelFacts | None
    ) -> Finding | None:
        way_out = f"set {setting} to a model that stays"
        if facts is None:
            return failed(f"the provider has no {model}", way_out)
        if facts.lifecycle == "retired":
            return failed(f"{model} is retired", way_out)
        dates = [d for d in (facts.retires_on, self.known.get(model)) if d is not None]
        if dates and (min(dates) - self.today).days < SOON_DAYS:
            return failed(f"{model} retires on {min(dates)}", way_out)
        return None
