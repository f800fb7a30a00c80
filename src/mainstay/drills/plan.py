"""What a drill is: a hypothesis, a fault, and when to break off."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mainstay.domain.order import Order
from mainstay.drills.alone import SURE_S
from mainstay.drills.fault import DatabaseAway, Fault, OneWorkerDies, Ordered
from mainstay.drills.figures import Figures
from mainstay.drills.site import Site

UNHEARD = "a customer has waited 30 s without a word"
"""What no drill may cost anybody."""

BLIND_S = 20.0
BLIND = f"the store could not be asked for {BLIND_S:g} s how customers fare"
"""Nor is anything let go wrong that nobody can see; one look may take some seconds."""

CROWDED = f"for {SURE_S:g} s no other drill could be kept away"
"""Nobody could tell two faults from each other."""

ABORT = f"{UNHEARD}, {BLIND}, or {CROWDED}"
"""When any drill is broken off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One drill.

    Args:
        name: what it is called.
        hypothesis: what is expected, in a sentence that can turn out wrong.
        fault: what goes wrong.
        during_s: seconds that it goes wrong, by default.
        lacks: returns why it cannot be played in a system, "" if it can.
        refuted: returns what speaks against the hypothesis while it goes wrong, ""
            if nothing does; that customers hear in time is asked of every drill.
    """

    name: str
    hypothesis: str
    fault: Fault
    during_s: float
    lacks: Callable[[Site], Awaitable[str]]
    refuted: Callable[[Figures], str]


async def _nothing(_: Site) -> str:
    return ""


async def _two_workers(site: Site) -> str:
    workers = [m for m in await site.members.all() if m.role == "worker"]
    if len(workers) > 1:
        return ""
    return (
        "fewer than two processes serve only as workers; start more: "
        "mainstay serve worker"
    )


async def _a_limit(site: Site) -> str:
    if site.has_limits:
        return ""
    return "no spend limit is set, so nothing would stop a spike; set one, LIMIT_…"


def _anything(_: Figures) -> str:
    return ""


def _mostly_models(figures: Figures) -> str:
    share = figures.model_share
    if figures.heard and share < MODEL_SHARE:
        return f"only {share:.0%} of the answers were made by a model"
    return ""


def _no_models(figures: Figures) -> str:
    if figures.heard and not figures.levels[3] + figures.levels[4]:
        return "no answer was of level 3 or 4: nothing was felt of it"
    return ""


MODEL_SHARE = 0.9
"""Of answers, where models can be had: level 0 to 2."""


def plans(carrier: str = "rabbitmq", factor: float = 100.0) -> list[Plan]:
    """Return every drill.

    Args:
        carrier: what carries wakes: without a broker a stall is felt more.
        factor: how many times as dear a cost spike makes things seem.
    """
    return [
        Plan(
            name="claude-outage",
            hypothesis="While no call reaches Claude, every customer hears back within "
            "30 s, on level 3 or 4; when it is back, models answer again.",
            fault=Ordered(Order("claude-outage")),
            during_s=40,
            lacks=_nothing,
            refuted=_no_models,
        ),
        Plan(
            name="worker-loss",
            hypothesis="When a worker dies, others go on with its turns: every "
            "customer hears back within 30 s, and models make at least 90% of the "
            "answers.",
            fault=OneWorkerDies(),
            during_s=20,
            lacks=_two_workers,
            refuted=_mostly_models,
        ),
        _queue_stall(carrier),
        Plan(
            name="database-restart",
            hypothesis="When the database drops all sessions, no accepted message is "
            "lost, and every customer hears back within 30 s.",
            fault=DatabaseAway(),
            during_s=5,
            lacks=_nothing,
            refuted=_anything,
        ),
        Plan(
            name="cost-spike",
            hypothesis=f"When turns seem to cost {factor:g} times as much, spend "
            "limits keep them from calling models, and every customer hears back "
            "within 30 s.",
            fault=Ordered(Order("cost-spike", "", factor)),
            during_s=30,
            lacks=_a_limit,
            refuted=_no_models,
        ),
    ]


def _queue_stall(carrier: str) -> Plan:
    fault = Ordered(Order("queue-stall"))
    if carrier == "database":
        return Plan(
            name="queue-stall",
            hypothesis="While no worker finds work, the watchdog answers: every "
            "customer hears back within 30 s, and is answered when the queue moves "
            "again.",
            fault=fault,
            during_s=40,
            lacks=_nothing,
            refuted=_anything,
        )
    return Plan(
        name="queue-stall",
        hypothesis="While the broker hands out no wakes, workers find work in the "
        "store: every customer hears back within 30 s, and models make at least 90% of "
        "the answers.",
        fault=fault,
        during_s=40,
        lacks=_nothing,
        refuted=_mostly_models,
    )
