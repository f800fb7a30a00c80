"""What commands print: JSON for programs, tables for people, plain text for pipes."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any


def print_json(value: Any) -> None:
    """Print one JSON value on one line, ASCII only."""
    print(json.dumps(value, default=str))


def print_rows(rows: Sequence[Mapping[str, Any]], empty: str) -> None:
    """Print rows as a table on a terminal, else as aligned text; ``empty`` for none."""
    if not rows:
        print(empty)
        return
    columns = list(rows[0])
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    if sys.stdout.isatty():
        _print_table(columns, cells)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for line in [columns, *cells]:
        padded = (c.ljust(w) for c, w in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())


def _print_table(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns)
    for line in cells:
        table.add_row(*(Text(cell, overflow="fold") for cell in line))
    Console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    # Control characters of stored text must not drive the reader's terminal.
    return "".join(c if c.isprintable() else " " for c in text)
