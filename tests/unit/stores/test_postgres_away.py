"""Which faults of the driver mean that PostgreSQL is away."""

import asyncpg
import pytest

from mainstay.domain.errors import StoreUnavailable
from mainstay.stores.postgres.connection import (
    Address,
    connect,
    is_away,
    translated,
    was_undone,
)
from mainstay.testing.servers.server import free_port

AWAY = [
    asyncpg.InternalClientError("cannot switch to state 12; another operation"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.ConnectionDoesNotExistError("closed in the middle of operation"),
    asyncpg.AdminShutdownError("terminating connection"),
    asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT"),
    asyncpg.TargetServerAttributeNotMatched("none of the hosts"),
    ConnectionRefusedError(111, "refused"),
    TimeoutError(),
]


@pytest.mark.parametrize("fault", AWAY, ids=lambda fault: type(fault).__name__)
def test_a_session_that_the_server_ended_means_away(fault: Exception) -> None:
    """Callers hear that nothing was stored, or that it is open: never a surprise."""
    assert is_away(fault)
    assert isinstance(translated(fault), StoreUnavailable)


def test_what_broke_in_mid_sentence_is_open() -> None:
    """Only the server's own word says that nothing of a statement is left."""
    assert [was_undone(fault) for fault in AWAY[:3]] == [False] * 3
    assert was_undone(asyncpg.AdminShutdownError("terminating connection"))


def test_the_password_is_not_shown() -> None:
    """Whoever prints an address prints no secret."""
    assert "hush" not in repr(Address(url="postgresql://ada:hush@db/m", timeout_s=5))


async def test_who_is_away_is_named_by_the_setting() -> None:
    """No server there: the error says which variable told where it should be."""
    url = f"postgresql://ada:hush@127.0.0.1:{free_port()}/m"
    with pytest.raises(StoreUnavailable) as caught:
        await connect(Address(url=url, timeout_s=5))
    assert "the database in DATABASE_URL cannot be used now" in str(caught.value)
    assert "hush" not in str(caught.value)


async def test_what_the_driver_cannot_use_is_told_with_its_setting() -> None:
    """Three ports for two hosts are not told as a database that is away."""
    url = "postgresql:///m?host=db1,db2&port=1,2,3"
    with pytest.raises(StoreUnavailable) as caught:
        await connect(Address(url=url, timeout_s=5))
    told = "the database cannot be asked with this DATABASE_URL: "
    assert str(caught.value).startswith(told)
    assert "3 port numbers to 2 hosts" in str(caught.value)
