"""Which faults of the driver mean that PostgreSQL is away."""

import asyncpg
import pytest

from mainstay.domain.errors import StoreUnavailable
from mainstay.stores.postgres.connection import (
    Address,
    is_away,
    translated,
    was_undone,
)

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
