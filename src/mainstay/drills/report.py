"""What is kept of a drill: a record to sign, and a page to read."""

from dataclasses import asdict
from typing import Any

from mainstay.checklist.report import Deployment
from mainstay.domain.moment import moment
from mainstay.domain.version import VERSION
from mainstay.drills.figures import Figures
from mainstay.drills.outcome import Outcome, Phase
from mainstay.drills.plan import ABORT, Plan

PHASES: tuple[Phase, ...] = ("before", "during", "after")
HEAD = (
    "| | messages | heard | late | level 0 | 1 | 2 | 3 | 4 | held | half within "
    "| 95% within | slowest |"
)


def record_of(
    outcome: Outcome, plan: Plan, deployment: Deployment, at_ms: int
) -> dict[str, Any]:
    """Return the record: whether it was played, when, and how it went.

    It was when its fault was brought about: else nobody has been through anything.
    """
    return {
        "what": "drill",
        "name": plan.name,
        "played": outcome.went_wrong,
        "passed": outcome.passed,
        "deployment": deployment.name,
        "environment": deployment.env,
        "version": VERSION,
        "at": moment(at_ms),
        "hypothesis": plan.hypothesis,
        "aborted": outcome.aborted,
        "refuted": outcome.refuted,
        "fault_s": _fault_s(outcome),
        "steady_after_s": outcome.steady_after_s,
        "figures": {name: asdict(one) for name, one in outcome.figures.items()},
        "refused": dict(outcome.refused),
    }


def page_of(
    outcome: Outcome,
    plan: Plan,
    deployment: Deployment,
    at_ms: int,
    *,
    command: str,
    picture: str,
) -> str:
    """Return the report in Markdown.

    Args:
        outcome: how it went.
        plan: what it was.
        deployment: where.
        at_ms: when it ended.
        command: that played it.
        picture: file of the plot, beside the page.
    """
    rows = [_row(name, outcome.figures[name]) for name in PHASES]
    refused = [f"{name} {count}" for name, count in outcome.refused.items()]
    return "\n".join(
        [
            f"# Drill: {plan.name}",
            "",
            (
                f"{moment(at_ms)}, deployment {deployment.name} ({deployment.env}), "
                f"version {VERSION}. Played by `{command}`."
            ),
            "",
            f"- **Hypothesis**: {plan.hypothesis}",
            f"- **Broken off** as soon as {ABORT}.",
            f"- **Fault**: {_fault_s(outcome):g} s.",
            f"- **Result**: {_result(outcome)}",
            f"- **As before** {_steady(outcome)}.",
            *(
                [f"- **Not accepted** (503, or no server): {', '.join(refused)}."]
                if refused
                else []
            ),
            "",
            HEAD,
            f"|{' --- |' * (HEAD.count('|') - 1)}",
            *rows,
            "",
            "Waits are in seconds, from accept to the first word; late: over 30 s.",
            "",
            f"![Each customer's wait, and when it went wrong]({picture})",
            "",
        ]
    )


def _row(name: str, f: Figures) -> str:
    waits = (f"{wait:.2f}" for wait in (f.p50_s, f.p95_s, f.slowest_s))
    cells = (name, f.messages, f.heard, f.late, *f.levels, f.held, *waits)
    return f"| {' | '.join(map(str, cells))} |"


def _result(outcome: Outcome) -> str:
    if outcome.aborted:
        return f"broken off: {outcome.aborted}"
    return f"refuted: {outcome.refuted}" if outcome.refuted else "it held"


def _steady(outcome: Outcome) -> str:
    if outcome.steady_after_s is None:
        return "not again while it was watched"
    return f"{outcome.steady_after_s:g} s after the fault"


def _fault_s(outcome: Outcome) -> float:
    return round((outcome.ended_ms - outcome.began_ms) / 1000, 1)
