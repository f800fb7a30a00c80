"""``mainstay audit``: the hash chain over everything that mattered."""

import typer

from mainstay.cli.options import AsJson, Data

app = typer.Typer(help="Verify the audit chain.", rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Verify the audit chain."""


@app.command()
def verify(data: Data = None, as_json: AsJson = False) -> None:
    """Walk the whole chain; exit 1 when it is broken."""
    from dataclasses import asdict

    from mainstay.cli.output import print_json
    from mainstay.cli.store import with_store
    from mainstay.domain.errors import MainstayError

    verdict = with_store(data, lambda s: s.audit.verify())
    if as_json:
        print_json(asdict(verdict))
    elif verdict.intact:
        print(f"audit intact: {verdict.entries} entries, head {verdict.head}")
    if not verdict.intact:
        message = (
            f"the audit chain is broken at entry {verdict.broken_at} of "
            f"{verdict.entries}; keep the file and compare it with a backup"
        )
        raise MainstayError(message)
