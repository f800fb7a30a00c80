"""``mainstay simulate``: whole clusters on simulated time, with faults, from seeds."""

from typing import Annotated

import typer

from mainstay.cli.options import AsJson

FAILED = 1


def simulate(
    worlds: Annotated[int, typer.Option(min=1, help="How many worlds.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of the first world.")] = 1,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, help="Processes. [default: one a core]", show_default=False
        ),
    ] = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Print what happens in the first world.")
    ] = False,
    plan: Annotated[
        str | None,
        typer.Option(help="Play a plan from this file instead; - reads stdin."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play simulated worlds, check every promise in each; exit 1 if one is broken."""
    if plan is not None or trace:
        _play(plan, seed)
    else:
        _simulate(worlds, seed, jobs, as_json=as_json)


def _play(path: str | None, seed: int) -> None:
    """Play one world and print its trace."""
    import sys

    from mainstay.domain.errors import MainstayError
    from mainstay.testing.simulation.planning import plan_of
    from mainstay.testing.simulation.report import plan_at, played

    try:
        plan = plan_of(seed) if path is None else plan_at(path, sys.stdin.read)
    except ValueError as error:
        raise MainstayError(f"{path} holds no plan: {error}") from error
    lines = list(played(plan))
    print("\n".join(lines))
    if lines[-1].startswith("FAILED"):
        raise typer.Exit(FAILED)


def _simulate(worlds: int, seed: int, jobs: int | None, *, as_json: bool) -> None:
    import sys

    from mainstay.cli.output import print_json, print_rows
    from mainstay.testing.simulation.report import (
        as_data,
        as_rows,
        failures,
        simulate,
    )

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    summary, took_s = simulate(seed, worlds, jobs, tell)
    if as_json:
        print_json(as_data(summary, took_s))
    else:
        print_rows(as_rows(summary, took_s), empty="")
    if summary.failed:
        for line in failures(summary):
            tell(line)
        raise typer.Exit(FAILED)
