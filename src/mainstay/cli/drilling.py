"""What ``mainstay drill`` does: choose, ask, play, and write the report."""

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mainstay.domain.errors import MainstayError

if TYPE_CHECKING:
    from mainstay.assembly.drill import Played
    from mainstay.drills.plan import Plan
    from mainstay.settings import Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for.

    Args:
        before_s: seconds of watching first.
        during_s: seconds of the fault.
        after_s: seconds until all is as before, at most.
        factor: how many times as dear a cost spike makes things seem.
        customers: of its own.
        url: of a gateway for them.
        key: an API key for them.
        out: the report, or its folder.
        as_json: whether programs read what is printed.
    """

    before_s: float
    during_s: float
    after_s: float
    factor: float
    customers: int
    url: str | None
    key: str | None
    out: Path | None
    as_json: bool


def plan_of(name: str | None, settings: "Settings", factor: float) -> "Plan":
    """Return the drill of that name."""
    from mainstay.drills.plan import plans

    known = {plan.name: plan for plan in plans(settings.carrier, factor)}
    if name in known:
        return known[name]
    message = f"choose one of {', '.join(known)}, or --list them."
    raise typer.BadParameter(message, param_hint="NAME")


def show_all(settings: "Settings", factor: float, *, as_json: bool) -> None:
    """Print every drill."""
    from mainstay.cli.output import print_json
    from mainstay.drills.plan import ABORT, plans

    every = plans(settings.carrier, factor)
    if as_json:
        rows = [
            {"name": p.name, "hypothesis": p.hypothesis, "for_s": p.during_s}
            for p in every
        ]
        print_json({"abort": ABORT, "drills": rows})
        return
    for plan in every:
        print(f"{plan.name} ({plan.during_s:g} s)\n  {plan.hypothesis}")
    print(f"Each is broken off as soon as {ABORT}.")


def tell(plan: "Plan", settings: "Settings", asked: Asked) -> None:
    """Print what would be done; do nothing."""
    from mainstay.cli.output import print_json
    from mainstay.drills.plan import ABORT

    told = {
        "name": plan.name,
        "deployment": settings.deployment,
        "environment": settings.env,
        "hypothesis": plan.hypothesis,
        "abort": ABORT,
        "before_s": asked.before_s,
        "for_s": asked.during_s,
        "after_s": asked.after_s,
        "customers": asked.customers,
    }
    if asked.as_json:
        print_json(told)
        return
    for what, value in told.items():
        print(f"{what + ':':<13}{value}")
    print("nothing was done")


def play(plan: "Plan", settings: "Settings", asked: Asked, *, production: bool) -> bool:
    """Play a drill and write its report; tell whether its hypothesis held.

    Raises:
        BadParameter: nothing can be written at ``asked.out``.
        MainstayError: it is refused, or the system is not steady.
        OSError: its report cannot be written any more; what it found is told.
    """
    import asyncio

    from mainstay.assembly import drill
    from mainstay.cli.checklist import seal_of
    from mainstay.drills.play import Times

    _confirm(settings, production=production)
    seal, place = seal_of(settings), _place(settings, asked)
    times = Times(
        before_s=asked.before_s, during_s=asked.during_s, after_s=asked.after_s
    )
    load = drill.Load(count=asked.customers, url=asked.url, key=_key(settings, asked))
    playing = drill.play(settings, plan, times, seal, load, _say)
    played = asyncio.run(playing)
    try:
        page = _written(played, plan, place, settings, asked)
    except OSError:
        _conclude(played, None, as_json=asked.as_json)
        raise
    _conclude(played, page, as_json=asked.as_json)
    return played.outcome.passed


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _confirm(settings: "Settings", *, production: bool) -> None:
    """Let nobody drill in production by mistake.

    Raises:
        MainstayError: it is production, and that was not said twice.
    """
    if settings.env != "production":
        return
    if not production:
        message = f"{settings.deployment} is in production; to drill there anyway"
        raise MainstayError(f"{message} add --production, and type its name when asked")
    print(
        f"Type the name of the deployment ({settings.deployment}) to drill in "
        "production: ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    if sys.stdin.readline().strip() != settings.deployment:
        raise MainstayError("that is not its name; nothing was done")


def _key(settings: "Settings", asked: Asked) -> str:
    if not asked.customers or asked.key is not None:
        return asked.key or ""
    if settings.bootstrap_key is None:
        raise MainstayError("--customers need an API key; give one with --key")
    return settings.bootstrap_key.get_secret_value()


def _place(settings: "Settings", asked: Asked) -> Path:
    """Return the page, or the folder, that the report goes to; it can be written to.

    Raises:
        BadParameter: it cannot, and was asked for.
        OSError: it cannot.
    """
    from mainstay.cli.places import must_take

    place = asked.out or settings.data / "drills"
    page = place if place.suffix == ".md" else place / "drill.md"
    must_take(page, None if asked.out is None else "--out")
    return place


def _written(
    played: "Played", plan: "Plan", place: Path, settings: "Settings", asked: Asked
) -> Path:
    """Write the page, its picture and the record; return the page."""
    from mainstay.checklist.report import Deployment
    from mainstay.domain.moment import moment
    from mainstay.drills.plot import plot
    from mainstay.drills.report import page_of

    at_ms, page = played.kept.record.at_ms, place
    if page.suffix != ".md":
        # To the second: the one before stays, and no two drills are on at once.
        stamp = moment(at_ms)[:19].replace(":", "")
        page /= f"{stamp}Z-{plan.name}.md"
    text = page_of(
        played.outcome,
        plan,
        Deployment(settings.deployment, settings.env),
        at_ms,
        command=_command(plan, settings, asked),
        picture=f"{page.stem}.svg",
    )
    page.write_text(text, "utf-8")
    page.with_suffix(".svg").write_text(plot(played.outcome), "utf-8")
    page.with_suffix(".json").write_text(played.kept.record.text, "utf-8")
    return page


def _command(plan: "Plan", settings: "Settings", asked: Asked) -> str:
    times = f"--before {asked.before_s:g} --for {asked.during_s:g}"
    own = f" --customers {asked.customers}" if asked.customers else ""
    own += f" --factor {asked.factor:g}" if plan.name == "cost-spike" else ""
    own += " --production" if settings.env == "production" else ""
    return f"mainstay drill {plan.name} {times} --after {asked.after_s:g}{own}"


def _conclude(played: "Played", page: Path | None, *, as_json: bool) -> None:
    from mainstay.cli.output import print_json

    outcome = played.outcome
    if as_json:
        figures = {name: asdict(one) for name, one in outcome.figures.items()}
        told = {
            "name": outcome.name,
            "passed": outcome.passed,
            "aborted": outcome.aborted,
            "refuted": outcome.refuted,
            "steady_after_s": outcome.steady_after_s,
            "figures": figures,
            "refused": dict(outcome.refused),
            "report": None if page is None else str(page),
            "stored": played.kept.stored,
        }
        print_json(told)
        return
    why = outcome.aborted or outcome.refuted
    print(f"{outcome.name}: {why or 'the hypothesis held'}")
    lost = "" if played.kept.stored else "; the store could not take its record"
    print(f"report: {page or 'not written'}{lost}")
