"""Limits on what is spent: as the core knows them, and what keeps them from working."""

from mainstay.domain.spend import Limit, Scope, Unit
from mainstay.models.prices import PUBLISHED
from mainstay.settings.model import Settings, variables

_KINDS: tuple[tuple[Scope, Unit], ...] = (
    ("customer", "tokens"),
    ("customer", "usd"),
    ("conversation", "tokens"),
    ("conversation", "usd"),
    ("day", "tokens"),
    ("day", "usd"),
)


def limits_of(settings: Settings) -> tuple[Limit, ...]:
    """Return the limits that are set, the narrowest scope first."""
    return tuple(
        Limit(_name(scope, unit), scope, unit, most)
        for scope, unit in _KINDS
        if (most := _most(settings, scope, unit)) is not None
    )


def faults_of(settings: Settings) -> list[str]:
    """Return what a limit lacks: a price for each model, a share for each customer."""
    limits = limits_of(settings)
    return [
        *(fault for one in limits if (fault := _greedy(settings, one))),
        *(
            fault
            for one in limits
            if one.unit == "usd"
            for fault in _free(settings, one)
        ),
    ]


def _greedy(settings: Settings, limit: Limit) -> str | None:
    """A day that one customer could use up would be everybody's loss."""
    if limit.scope != "day":
        return None
    most = _most(settings, "customer", limit.unit)
    if most is not None and most < limit.most:
        return None
    needed = _name("customer", limit.unit)
    return f"{limit.setting}: needs a smaller {needed}, or one customer could use it up"


def _free(settings: Settings, limit: Limit) -> list[str]:
    """A model without a price would cost nothing, however much it was used."""
    models = {"CLAUDE_MODEL": settings.claude_model}
    if settings.fallback_enabled:
        models["FALLBACK_MODEL"] = settings.fallback_model
    instead = _name(limit.scope, "tokens")
    return [
        f"{limit.setting}: no price is known for {name} {model[:80]!r}; "
        f"set {instead} instead"
        for name, model in models.items()
        if not PUBLISHED.knows(model)
    ]


def _most(settings: Settings, scope: Scope, unit: Unit) -> float | None:
    most: float | None = getattr(settings, f"limit_{scope}_{unit}")
    return most


def _name(scope: Scope, unit: Unit) -> str:
    return variables()[f"limit_{scope}_{unit}"][0].name
