"""Connections with a password that was changed, on a server that asks for it."""

from collections.abc import Iterator

import pytest

from mainstay.domain.errors import MainstayError, StoreUnavailable
from mainstay.stores.postgres.connection import Address, connect
from mainstay.stores.postgres.reader import Reader
from mainstay.system.clock import SystemClock
from mainstay.testing.secret import GivenSecret
from mainstay.testing.servers.postgres import PostgresServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Give a server with scram-sha-256."""
    one = PostgresServer(tmp_path_factory.mktemp("scram"), password="right")  # noqa: S106 - made for the test
    one.start()
    yield one
    one.stop()


def address(secret: GivenSecret) -> Address:
    """Return an address whose URL is asked for."""
    return Address(url=secret.value, timeout_s=2, rotated=secret)


async def test_a_refused_password_is_looked_up_once_and_tried_again(
    server: PostgresServer,
) -> None:
    """The connection comes with the new one, without a fault."""
    right = server.url()
    wrong = right.replace("right", "wrong")
    secret = GivenSecret(wrong, following=[right])
    connection = await connect(address(secret))
    assert await connection.fetchval("SELECT current_user") == "postgres"
    connection.terminate()
    assert secret.refused == [wrong]


async def test_a_password_without_a_successor_is_refused(
    server: PostgresServer,
) -> None:
    """The fault says what to check, and never shows the password."""
    wrong = server.url().replace("right", "wrong-Zx9")
    with pytest.raises(StoreUnavailable) as caught:
        await connect(address(GivenSecret(wrong)))
    assert "check user and password in DATABASE_URL" in str(caught.value)
    assert "Zx9" not in str(caught.value)


async def test_a_read_waits_for_the_password_to_come(server: PostgresServer) -> None:
    """Looks go on for as long as a statement may take."""
    right = server.url()
    wrong = [right.replace("right", f"wrong{n}") for n in range(4)]
    secret = GivenSecret(wrong[0], following=[*wrong[1:], right])
    reader = Reader(address(secret), SystemClock(), 1)
    await reader.start()
    (row,) = await reader.rows("SELECT 1")
    assert row[0] == 1
    await reader.stop()


async def test_a_parameter_that_the_server_does_not_know_is_told(
    server: PostgresServer,
) -> None:
    """It is no matter of time: the parameter and the variable are named."""
    wrong = Address(url=f"{server.url()}?foo=bar", timeout_s=2)
    with pytest.raises(MainstayError, match=r'"foo".*DATABASE_URL') as caught:
        await connect(wrong)
    assert not isinstance(caught.value, StoreUnavailable)
