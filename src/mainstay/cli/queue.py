"""``mainstay queue``: its making, the backlog, dead turns and their redrive."""

from typing import TYPE_CHECKING, Annotated

import typer

from mainstay.cli.options import AsJson, Data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstay.cli.store import Store

app = typer.Typer(
    help="Make the queue, look at it, redrive dead turns.", rich_markup_mode=None
)

NEEDS = frozenset({"QUEUE_URL"})
ACTOR = "cli"
"""Who did it, in the audit."""


@app.command()
def init(as_json: AsJson = False) -> None:
    """Create what the broker needs; what is there already stays."""
    import asyncio

    from mainstay.cli.output import print_json
    from mainstay.settings import environment, load

    settings = load(environment(), needs=NEEDS)

    from mainstay import assembly

    made = asyncio.run(assembly.init_queue(settings))
    if as_json:
        print_json({"queue": settings.carrier, "done": made})
    else:
        print("\n".join(made))


@app.command()
def stats(data: Data = None, as_json: AsJson = False) -> None:
    """Show depth and age of the backlog."""
    from dataclasses import asdict

    from mainstay.cli.output import print_json, print_rows
    from mainstay.cli.store import with_store

    figures = asdict(with_store(data, lambda s: s.schedule.stats()))
    if as_json:
        print_json(figures)
    else:
        print_rows([figures], "")


@app.command()
def dead(data: Data = None, as_json: AsJson = False) -> None:
    """List dead turns, newest first, 100 at most."""
    from dataclasses import asdict

    from mainstay.cli.output import print_json, print_rows
    from mainstay.cli.store import with_store

    turns = [asdict(turn) for turn in with_store(data, lambda s: s.desk.dead())]
    if as_json:
        print_json(turns)
    else:
        print_rows(turns, "no dead turns")


@app.command()
def redrive(
    turn_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Dead turns.", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All dead turns.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Give dead turns new attempts; exit 1 when one of the ids is not dead."""
    from mainstay.cli.output import print_json
    from mainstay.cli.store import with_store

    ids = list(dict.fromkeys(turn_ids or []))
    if bool(ids) == every:
        message = "name dead turns, or all of them with --all."
        raise typer.BadParameter(message, param_hint="ID")
    if every:
        done = with_store(data, lambda s: s.desk.redrive(None, ACTOR))
        print_json({"redriven": done}) if as_json else print(f"redriven: {done}")
        return
    not_dead = with_store(data, lambda s: _redriven(s, ids))
    done = len(ids) - len(not_dead)
    if as_json:
        print_json({"redriven": done, "not_dead": not_dead})
    else:
        print(f"redriven: {done} of {len(ids)}")
        for id_ in not_dead:
            print(f"not dead: {id_}")
    if not_dead:
        raise typer.Exit(1)


async def _redriven(store: "Store", ids: "Sequence[str]") -> list[str]:
    """Redrive one by one; return those that are not dead."""
    return [id_ for id_ in ids if not await store.desk.redrive([id_], ACTOR)]
