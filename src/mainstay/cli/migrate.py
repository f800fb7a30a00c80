"""``mainstay migrate``: bring the store to this version's schema, around a release."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mainstay.cli.options import AsJson, Data

if TYPE_CHECKING:
    from mainstay.domain.schema import Migrated, Process, SchemaStatus
    from mainstay.settings import Settings


class PhaseName(StrEnum):
    """A half of a migration."""

    PRE = "pre"
    POST = "post"


def migrate(
    phase: Annotated[
        PhaseName | None,
        typer.Option(
            help="pre: add, before the new version starts; post: take away, when no "
            "process of the old one is left. [default: pre, then post]",
            show_default=False,
        ),
    ] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Only tell where the schema stands.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Bring the store to the schema this version needs; makes it when there is none."""
    from mainstay.cli.store import NEEDS
    from mainstay.settings import environment, load, overlaid

    changes = {} if data is None else {"MAINSTAY_DATA": data}
    settings = load(overlaid(environment(), changes), needs=NEEDS)
    if status:
        _print_status(_status(settings), as_json=as_json)
    else:
        _migrate(settings, phase, as_json=as_json)


def _migrate(settings: "Settings", phase: PhaseName | None, *, as_json: bool) -> None:
    import asyncio
    import sys

    from mainstay import assembly
    from mainstay.cli.output import print_json
    from mainstay.domain.schema import BOTH, OldProcesses

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    phases = BOTH if phase is None else (phase.value,)
    try:
        done = asyncio.run(assembly.migrate(settings, phases, tell))
    except OldProcesses as refused:
        if as_json:
            print_json({"waits_for": [_row(process) for process in refused.processes]})
        raise
    if as_json:
        print_json({"from": done.before, "to": done.after, "done": done.done})
    else:
        _print_done(done)


def _print_done(done: "Migrated") -> None:
    if not done.done:
        print(f"schema {done.after}: nothing to do")
    elif done.before == done.after:
        print(f"schema {done.after}: done")
    else:
        print(f"schema {done.before or 'none'} -> {done.after}")


def _status(settings: "Settings") -> "SchemaStatus":
    import asyncio

    from mainstay import assembly

    return asyncio.run(assembly.schema_status(settings))


def _print_status(status: "SchemaStatus", *, as_json: bool) -> None:
    from mainstay.cli.output import print_json, print_rows

    old = [_row(process) for process in status.old]
    pending = {"pre": list(status.pre), "post": list(status.post)}
    if as_json:
        told = {"current": status.current, "head": status.head}
        print_json(told | {"pending": pending, "old_processes": old})
        return
    print(f"schema {status.current or 'none'}; this version knows {status.head}")
    for name, steps in pending.items():
        print(f"{name + ':':<6}{'; '.join(steps) or 'nothing to do'}")
    print_rows(old, "no process of another version runs")


def _row(process: "Process") -> dict[str, str]:
    from dataclasses import asdict

    return asdict(process)
