"""The figures of the live view, from what the processes said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainstay.cli.live import watched
from mainstay.cli.live.look import Growth, Look
from mainstay.cli.live.page import Page, named, quantile, sums
from mainstay.domain.turn import OPEN_STATES

HOUR_S = 3600
TURNS, COST = "mainstay_turns_total", "mainstay_model_cost_usd_total"
GOOD = frozenset({"ok", "ToolDone", "Approval"})
"""Outcomes of calls that did not fail."""

POOL_STATES = ("ample", "low", "short", "blocked")


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took, in seconds; None when nothing happened.

    Args:
        half: half of it took no longer.
        of_95: 95 of 100 took no longer.
        of_99: 99 of 100 took no longer.
    """

    half: float | None
    of_95: float | None
    of_99: float | None


@dataclass(frozen=True, slots=True)
class Calls:
    """What one model or tool did.

    Args:
        name: which.
        per_s: calls a second.
        failed: the share of calls that failed, 0 to 1; None without calls.
        of_95_s: 95 of 100 took no longer, in seconds.
        usd_per_hour: US dollars; 0 of a tool.
    """

    name: str
    per_s: float
    failed: float | None
    of_95_s: float | None
    usd_per_hour: float


@dataclass(frozen=True, slots=True)
class Pool:
    """What is left of a model's limits a minute.

    Args:
        name: the pool.
        left: share left, 0 to 1, by what is limited.
        state: ``ample``, ``low``, ``short`` or ``blocked``.
    """

    name: str
    left: Mapping[str, float]
    state: str


@dataclass(frozen=True, slots=True)
class Figures:
    """How a system is; None stands for what nobody told.

    Args:
        over_s: seconds that rates and times are of.
        gone: why the gateway does not answer; None when it does.
        silent: who or what else did not answer, and why.
        replaced: addresses where another process answered than before.
        health: as ``GET /health`` has it.
        replies: replies a second, by level; of levels that had any.
        answer_s: from accept to reply.
        turn_s: from claim to end.
        blind: whether turns ended of which no page of metrics tells.
        queue: as ``GET /v1/admin/queue`` has it.
        workers: processes alive.
        gateways: processes alive.
        holding_per_minute: the watchdog's replies.
        shedding: whether requests are turned away.
        breakers: as ``GET /v1/admin/breakers`` has them, open ones first.
        models: calls of models.
        tools: calls of tools.
        pools: models' limits.
        usd_per_hour: what models cost at this pace.
        usd_today: what they cost since midnight UTC.
        in_doubt: effects of which nobody knows whether they happened.
        escalations: those that are open.
        escalation_age_s: how long the oldest has waited.
        turns: as ``GET /v1/admin/turns`` has them.
    """

    over_s: float
    gone: str | None
    silent: Mapping[str, str]
    replaced: Sequence[str]
    health: Mapping[str, Any] | None
    replies: Mapping[str, float]
    answer_s: Times
    turn_s: Times
    blind: bool
    queue: Mapping[str, Any] | None
    workers: int | None
    gateways: int | None
    holding_per_minute: float
    shedding: bool
    breakers: Sequence[Mapping[str, Any]] | None
    models: Sequence[Calls]
    tools: Sequence[Calls]
    pools: Sequence[Pool]
    usd_per_hour: float
    usd_today: float | None
    in_doubt: int | None
    escalations: int | None
    escalation_age_s: float | None
    turns: Sequence[Mapping[str, Any]] | None


def figures_of(look: Look, growth: Growth) -> Figures:
    """Return the figures of a look, and of the growth until then."""
    grew, over_s = growth.page, growth.over_s
    gauges = _Gauges(look.pages.values())
    turns = sums(grew, TURNS, "level")
    models = _calls(grew, over_s, "model", sums(grew, COST, "model"))
    spend, slowest = look.told.get(watched.SPEND), look.told.get(watched.TURNS)
    return Figures(
        over_s=over_s,
        gone=look.gone,
        silent=look.silent,
        replaced=growth.replaced,
        health=look.told.get(watched.HEALTH),
        replies={
            level: _per(count, over_s)
            for (level,), count in turns.items()
            if level != "none" and count
        },
        answer_s=_times(grew, "mainstay_answer_duration_seconds"),
        turn_s=_times(grew, "mainstay_turn_duration_seconds"),
        blind=_ended(slowest) and not gauges.all(TURNS),
        queue=look.told.get(watched.QUEUE),
        workers=_whole(gauges.most("mainstay_workers")),
        gateways=_whole(gauges.most("mainstay_gateways")),
        holding_per_minute=_per(_total(grew, "mainstay_holding_replies_total"), over_s)
        * 60,
        shedding=bool(gauges.most("mainstay_shedding")),
        breakers=_breakers(look.told.get(watched.BREAKERS)),
        models=models,
        tools=_calls(grew, over_s, "tool", {}),
        pools=_pools(gauges),
        usd_per_hour=sum(one.usd_per_hour for one in models),
        usd_today=None if spend is None else spend["usd"],
        in_doubt=_whole(gauges.most("mainstay_effects_in_doubt")),
        escalations=_whole(gauges.most("mainstay_escalations_open")),
        escalation_age_s=gauges.most("mainstay_escalations_oldest_age_seconds"),
        turns=None if slowest is None else slowest["turns"],
    )


class _Gauges:
    """Gauges of several processes, each of which may know the same thing."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._pages = list(pages)

    def all(self, name: str) -> list[tuple[Mapping[str, str], float]]:
        """Return labels and value of each process's series."""
        return [found for page in self._pages for found in named(page, name)]

    def most(self, name: str) -> float | None:
        """Return the greatest value, None where nobody knows it."""
        return max((value for _, value in self.all(name)), default=None)


def _ended(slowest: Any) -> bool:
    """Tell whether a turn ended lately."""
    turns: Sequence[Mapping[str, Any]] = () if slowest is None else slowest["turns"]
    return any(one["state"] not in OPEN_STATES for one in turns)


def _calls(
    grew: Page, over_s: float, kind: str, costs: Mapping[tuple[str, ...], float]
) -> list[Calls]:
    """Return the calls of models or tools, by name."""
    every: dict[str, float] = {}
    good: dict[str, float] = {}
    for (name, outcome), count in sums(
        grew, f"mainstay_{kind}_calls_total", kind, "outcome"
    ).items():
        every[name] = every.get(name, 0.0) + count
        good[name] = good.get(name, 0.0) + (count if outcome in GOOD else 0.0)
    duration = f"mainstay_{kind}_call_duration_seconds"
    return [
        Calls(
            name,
            _per(count, over_s),
            1 - good[name] / count if count else None,
            quantile(grew, duration, 0.95, **{kind: name}),
            _per(costs.get((name,), 0.0), over_s) * HOUR_S,
        )
        for name, count in every.items()
    ]


def _pools(gauges: _Gauges) -> list[Pool]:
    """Return what is left as the process sees it that sees least."""
    left: dict[str, dict[str, float]] = {}
    for labels, value in gauges.all("mainstay_model_pool_left"):
        pool = left.setdefault(labels["pool"], {})
        pool[labels["of"]] = min(value, pool.get(labels["of"], 1.0))
    states: dict[str, int] = {}
    for labels, value in gauges.all("mainstay_model_pool_state"):
        states[labels["pool"]] = max(int(value), states.get(labels["pool"], 0))
    return [
        Pool(name, shares, POOL_STATES[states.get(name, 0)])
        for name, shares in sorted(left.items())
    ]


def _breakers(told: Any) -> list[Mapping[str, Any]] | None:
    if told is None:
        return None
    return sorted(
        told["breakers"], key=lambda one: (one["state"] == "closed", one["name"])
    )


def _times(grew: Page, name: str) -> Times:
    return Times(*(quantile(grew, name, q) for q in (0.5, 0.95, 0.99)))


def _total(grew: Page, name: str) -> float:
    return sum(value for _, value in named(grew, name))


def _per(count: float, over_s: float) -> float:
    return count / over_s if over_s > 0 else 0.0


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
