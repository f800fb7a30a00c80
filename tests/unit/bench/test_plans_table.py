"""The comparison of plans: what it lets pass, and what it does not."""

from pathlib import Path

import pytest
from benchmarks.archive import fill
from benchmarks.measured import Measured, Piece
from benchmarks.plan_log import Plan
from benchmarks.plans import faults, table

from mainstay.testing.servers.postgres import PostgresServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> PostgresServer:
    """A server that nobody asks."""
    return PostgresServer(Path(tmp_path_factory.mktemp("idle")))


def measured(
    server: PostgresServer, messages: int, pages: int, *found: str
) -> Measured:
    """Return one size at which a claim read so many pages."""
    piece = Piece([[Plan("SELECT 1", pages, found)]], [1.0, 2.0])
    return Measured(server, messages, {"claim": piece})


def test_the_logarithm_may_be_read_more(server):
    """A thousand times the rows: twice the pages, and a few."""
    few, many = measured(server, 10_000, 30), measured(server, 10_000_000, 60)
    assert faults(few, many) == []
    assert "2.00" in table(few, many)


def test_more_than_the_logarithm_fails(server):
    """The piece is named with its limit."""
    few, many = measured(server, 10_000, 30), measured(server, 10_000_000, 90)
    (fault,) = faults(few, many)
    assert fault.startswith("claim read 90 pages")


def test_a_table_that_is_read_whole_fails(server):
    """Whatever it took."""
    few = measured(server, 10_000, 30)
    many = measured(server, 10_000_000, 30, "Seq Scan on turns")
    assert faults(few, many) == ["Seq Scan on turns: SELECT 1"]


def test_an_archive_has_conversations_without_work(server):
    """So few messages that all would be open are refused."""
    with pytest.raises(ValueError, match="more than 30,000"):
        fill(server, "archive", 30_000)
