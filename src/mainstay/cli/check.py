"""``mainstay check``: what is wrong, before it goes wrong."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mainstay.cli.options import AsJson

app = typer.Typer(help="Check settings and deployment.", rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Check settings and deployment."""


@app.command()
def config(as_json: AsJson = False) -> None:
    """Name every fault of the settings at once; exit 1 when there is one."""
    from mainstay.cli.output import print_json
    from mainstay.settings import faults, notes

    found, told = faults(), notes()
    if as_json:
        print_json({"ok": not found, "faults": found, "notes": told})
    else:
        for note in told:
            print(f"note: {note}", file=sys.stderr)
        for fault in found or ["settings: OK"]:
            print(fault)
    if found:
        raise typer.Exit(1)


@app.command()
def deploy(
    url: Annotated[
        str | None,
        typer.Option(help="A gateway; else one that runs, or one started for this."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The record's file. [default: MAINSTAY_DATA/records/…]"),
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option(help="Verify a record instead.", metavar="RECORD"),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option(help="With --verify: PEM of the key. [default: ours]"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the 13 checks before a deployment; exit 1 unless all of them pass."""
    from mainstay.cli import checklist

    if verify is not None:
        checklist.verify(verify, public_key, as_json=as_json)
    elif not checklist.check(url, out, as_json=as_json):
        raise typer.Exit(1)
