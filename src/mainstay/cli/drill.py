"""``mainstay drill``: a fault on purpose, in a running system."""

from pathlib import Path
from typing import Annotated

import typer

from mainstay.cli.options import AsJson

LONGEST_S = 600.0
"""Of any phase: a drill is short."""


def _seconds(*names: str, text: str) -> typer.models.OptionInfo:
    return typer.Option(*names, min=1, max=LONGEST_S, help=f"Seconds {text}")


Name = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="Which; --list shows them.")
]
Show = Annotated[bool, typer.Option("--list", help="Show every drill.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Tell what would be done, and do nothing.")
]
Before = Annotated[float, _seconds("--before", text="of watching first.")]
During = Annotated[
    float | None, _seconds("--for", text="of the fault. [default: its own]")
]
After = Annotated[float, _seconds("--after", text="until all is as before.")]
Factor = Annotated[
    float, typer.Option(min=1.1, max=1e6, help="cost-spike: so many times as dear.")
]
Customers = Annotated[
    int, typer.Option(min=0, max=200, help="Customers of its own, who write.")
]
Url = Annotated[str | None, typer.Option(help="A gateway, for --customers.")]
Key = Annotated[
    str | None,
    typer.Option(help="An API key for --customers. [default: the bootstrap key]"),
]
Out = Annotated[
    Path | None,
    typer.Option(help="The report, or its folder. [default: MAINSTAY_DATA/drills]"),
]
Production = Annotated[
    bool, typer.Option("--production", help="Drill in production; asks its name.")
]


def drill(  # noqa: PLR0913, PLR0917 - a command has its options as arguments
    name: Name = None,
    show: Show = False,
    dry_run: DryRun = False,
    before: Before = 20,
    during: During = None,
    after: After = 120,
    factor: Factor = 100,
    customers: Customers = 0,
    url: Url = None,
    key: Key = None,
    out: Out = None,
    production: Production = False,
    as_json: AsJson = False,
) -> None:
    """Bring a fault into a running system, and see whether customers are kept safe."""
    from mainstay.cli.drilling import Asked, plan_of, play, show_all, tell
    from mainstay.settings import environment, load

    settings = load(environment(), needs=frozenset({"DATABASE_URL"}))
    if show:
        show_all(settings, factor, as_json=as_json)
        return
    plan = plan_of(name, settings, factor)
    during_s = plan.during_s if during is None else during
    asked = Asked(before, during_s, after, factor, customers, url, key, out, as_json)
    if dry_run:
        tell(plan, settings, asked)
    elif not play(plan, settings, asked, production=production):
        raise typer.Exit(1)
