"""``mainstay check``: what is wrong, before it goes wrong."""

import sys

import typer

from mainstay.cli.options import AsJson

app = typer.Typer(help="Check the settings.", rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Check the settings."""


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
