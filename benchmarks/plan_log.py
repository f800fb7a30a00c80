"""The plans that PostgreSQL really ran, nested statements included, from its log.

``auto_explain`` writes each as JSON when its statement ends, before the client hears.
"""

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.archive import GROWING
from mainstay.testing.servers.postgres import PostgresServer

_SETTINGS = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_format": "json",
    "log_parameter_max_length": "0",
}
_PLAN = re.compile(r"LOG:  duration: [\d.]+ ms  plan:\n((?:\t.*\n)+)")
FEW_PAGES = 20
"""A table of so many pages may be read whole: the planner is right to."""

FEW_ROWS = 1_000
"""A scan of an index that ends before, e.g. at a LIMIT, is none of the whole."""

_SCANS = ("Index Scan", "Index Only Scan", "Bitmap Index Scan")


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement as it was run.

    Args:
        query: its text.
        buffers: pages of 8 KB that it looked at, by whatever it called too.
        faults: scans of whole tables that grow, or of whole indexes of these.
    """

    query: str
    buffers: int
    faults: tuple[str, ...]


class PlanLog:
    """Reads what a server logs about one database.

    Args:
        server: it runs.
        database: whose new sessions log their plans from now on.
    """

    def __init__(self, server: PostgresServer, database: str) -> None:
        self._path = server.process.log
        self._at = self._path.stat().st_size
        for name, value in _SETTINGS.items():
            server.sql(f"ALTER DATABASE {database} SET {name} = '{value}'")
        large = server.sql(
            f"SELECT relname FROM pg_class WHERE relpages > {FEW_PAGES}",  # noqa: S608 - a number
            database,
        )
        self._large = frozenset(large.split()) & frozenset(GROWING)
        # Partial indexes hold open work only: they do not grow with the past.
        partial = server.sql(
            "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid "
            "WHERE indpred IS NOT NULL",
            database,
        )
        self._small = frozenset(partial.split()) - {"effects_unique"}

    def new(self) -> list[Plan]:
        """Return the plans logged since the last look, outermost last."""
        with self._path.open("rb") as log:
            log.seek(self._at)
            text = log.read().decode("utf-8", errors="replace")
            self._at = log.tell()
        return [self._plan(json.loads(found)) for found in _PLAN.findall(text)]

    def _plan(self, told: dict[str, Any]) -> Plan:
        root = told["Plan"]
        buffers = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
        faults = [fault for node in _nodes(root) for fault in self._faults(node)]
        return Plan(" ".join(told["Query Text"].split()), buffers, tuple(faults))

    def _faults(self, node: dict[str, Any]) -> Iterator[str]:
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in self._large:
            yield f"Seq Scan on {node['Relation Name']}"
        if node["Node Type"] in _SCANS and self._whole(node):
            yield f"whole {node['Index Name']}"

    def _whole(self, node: dict[str, Any]) -> bool:
        """Tell whether a scan went through all of an index that grows."""
        rows: int = node["Actual Rows"] * node["Actual Loops"]
        many = rows + node.get("Rows Removed by Filter", 0) > FEW_ROWS
        return (
            many and "Index Cond" not in node and node["Index Name"] not in self._small
        )


def _nodes(node: dict[str, Any]) -> Generator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
