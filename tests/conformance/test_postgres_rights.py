"""A database that does not suit: `mainstay migrate` and each start say what to do."""

from collections.abc import Iterator
from typing import Any

import pytest

from mainstay.domain.errors import MainstayError
from mainstay.stores.postgres import schema
from mainstay.stores.postgres.connection import Address
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.servers.postgres import PostgresServer

CLOCK = SystemClock()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Give a server with a user of few rights."""
    one = PostgresServer(tmp_path_factory.mktemp("rights"))
    one.start()
    one.sql("CREATE ROLE plain LOGIN")
    yield one
    one.stop()


@pytest.fixture
def name() -> str:
    """Return a name for a database."""
    return SystemIds().new("rights").replace(".", "_")


def address(server: PostgresServer, name: str) -> Address:
    """Return how the plain user reaches a database."""
    url = server.url(name).replace("postgres@", "plain@")
    return Address(url=url, timeout_s=5, search_path=schema.SEARCH_PATH)


@pytest.mark.parametrize("work", [schema.ensure, schema.migrate, schema.prepare])
async def test_a_right_that_is_lacking_is_named(
    server: PostgresServer, name: str, work: Any
) -> None:
    """One line for the operator, whichever command it was."""
    server.sql(f"CREATE DATABASE {name}")
    server.sql("CREATE SCHEMA mainstay", name)
    arguments = () if work is schema.ensure else (CLOCK,)
    with pytest.raises(MainstayError, match=r"permission denied .*: grant it"):
        await work(address(server, name), *arguments)


async def test_a_database_that_cannot_hold_every_language_is_refused(
    server: PostgresServer, name: str
) -> None:
    """Before there is anything in it."""
    server.sql(
        f"CREATE DATABASE {name} OWNER plain ENCODING 'LATIN1' LOCALE 'C' "
        "TEMPLATE template0"
    )
    with pytest.raises(MainstayError, match="is in LATIN1"):
        await schema.migrate(address(server, name), CLOCK)
    assert not server.sql("SELECT to_regnamespace('mainstay')", name)
