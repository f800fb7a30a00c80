"""``mainstay breakers``: those that all processes share, seen and forced."""

from typing import TYPE_CHECKING, Annotated

import typer

from mainstay.cli.options import AsJson, Data

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path
    from typing import TypeVar

    from mainstay.ports.breakers import Breakers, BreakerStatus
    from mainstay.ports.circuits import ForcedState

    Result = TypeVar("Result")

app = typer.Typer(
    help="Look at circuit breakers, keep one open or closed for a time.",
    rich_markup_mode=None,
)

ACTOR = "cli"
"""Who did it, in the audit."""

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The breaker, as breakers list shows it.")
]
Seconds = Annotated[
    float, typer.Option("--for", min=1, max=86_400, help="Seconds that it holds.")
]
Reason = Annotated[str, typer.Option(help="Why; it goes into the audit.")]


@app.command("list")
def list_breakers(data: Data = None, as_json: AsJson = False) -> None:
    """List all breakers as the processes share them."""
    from mainstay.cli.output import print_json, print_rows

    found = _with_breakers(data, lambda breakers: breakers.statuses())
    rows = [_row(one) for one in found]
    print_json(rows) if as_json else print_rows(rows, "no breakers")


@app.command("open")
def open_breaker(
    name: Name,
    for_s: Seconds = 3600,
    reason: Reason = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Let no call pass for a time; trials follow."""
    _force(data, name, "open", for_s, reason, as_json=as_json)


@app.command("close")
def close_breaker(
    name: Name,
    for_s: Seconds = 3600,
    reason: Reason = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Let every call pass for a time, whatever becomes of it."""
    _force(data, name, "closed", for_s, reason, as_json=as_json)


@app.command()
def auto(
    name: Name, reason: Reason = "", data: Data = None, as_json: AsJson = False
) -> None:
    """Leave a breaker to itself again."""
    _force(data, name, "auto", 1, reason, as_json=as_json)


def _force(
    data: "Path | None",
    name: str,
    state: "ForcedState",
    for_s: float,
    reason: str,
    *,
    as_json: bool,
) -> None:
    from mainstay.cli.output import print_json, print_rows

    forced = _with_breakers(data, lambda b: b.force(ACTOR, name, state, for_s, reason))
    row = _row(forced)
    print_json(row) if as_json else print_rows([row], "")


def _with_breakers(
    data: "Path | None", use: "Callable[[Breakers], Awaitable[Result]]"
) -> "Result":
    """Open the shared breakers, let ``use`` work with them, close them."""
    import asyncio

    from mainstay.cli.store import NEEDS
    from mainstay.settings import environment, load, overlaid

    changes = {} if data is None else {"MAINSTAY_DATA": data}
    settings = load(overlaid(environment(), changes), needs=NEEDS)
    from mainstay.assembly.shared_breakers import open_breakers

    async def run() -> "Result":
        async with open_breakers(settings) as breakers:
            return await use(breakers)

    return asyncio.run(run())


def _row(one: "BreakerStatus") -> dict[str, object]:
    forced = one.forced
    return {
        "name": one.name,
        "state": one.state,
        "retry_in_s": one.retry_in_s,
        "forced": None if forced is None else forced.state,
        "for_seconds": None if forced is None else forced.for_s,
        "reason": None if forced is None else forced.reason,
    }
