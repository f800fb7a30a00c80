"""The database's password is replaced while the server runs, on a real PostgreSQL."""

import re
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.rotating import asking, replace
from tests.acceptance.server import Server, StandIn, serving
from tests.unit.settings.secrets_server import REGION, SecretsServer, running

from mainstay.testing.servers.postgres import PostgresServer

OLD, NEW, OWNER = "old-Zx9-correct-horse", "new-Zx9-battery-staple", "owner-password"
LOOK_S, LOOKS = 0.1, 300


class Database:
    """A database whose one role must prove its password.

    Args:
        server: where it is.
        name: of the database and of the role that owns it.
    """

    def __init__(self, server: PostgresServer, name: str) -> None:
        self._server = server
        self._name = name
        server.sql(f"CREATE ROLE {name} LOGIN PASSWORD '{OLD}'")
        server.create(name)
        server.sql(f"ALTER DATABASE {name} OWNER TO {name}")

    def url(self, password: str, user: str = "") -> str:
        """Return its address with a password, of its owner or of another user."""
        return (
            f"postgresql://{user or self._name}:{password}@127.0.0.1:"
            f"{self._server.port}/{self._name}"
        )

    def change_password(self) -> None:
        """Let the role have the new password, and end all of its sessions."""
        self._server.sql(f"ALTER ROLE {self._name} PASSWORD '{NEW}'")
        self._end_sessions()

    def add_role(self) -> str:
        """Make a second role with the rights of the first; return its name."""
        name = f"{self._name}_2"
        self._server.sql(
            f"CREATE ROLE {name} LOGIN PASSWORD '{NEW}' IN ROLE {self._name}"
        )
        return name

    def lock_first_role(self) -> None:
        """Let the first role in no more, and end all of its sessions."""
        self._server.sql(f"ALTER ROLE {self._name} NOLOGIN")
        self._end_sessions()

    def _end_sessions(self) -> None:
        self._server.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "  # noqa: S608 - ours
            f"WHERE usename = '{self._name}'"
        )

    def is_joined(self) -> bool:
        """Tell whether one process holds its lock, hears news and has a writer."""
        found = self._server.sql(
            "SELECT count(DISTINCT l.pid) FILTER (WHERE l.locktype = 'advisory'), "  # noqa: S608 - ours
            "count(DISTINCT a.pid) FROM pg_stat_activity a "
            "LEFT JOIN pg_locks l ON l.pid = a.pid "
            f"WHERE a.usename LIKE '{self._name}%'"
        )
        holders, sessions = (int(count) for count in found.split("|"))
        return holders == 1 and sessions >= 4


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Generator[PostgresServer]:
    """Give a server that asks for passwords."""
    server = PostgresServer(tmp_path_factory.mktemp("scram"), password=OWNER)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def aws() -> Generator[SecretsServer]:
    """Give a stand-in for AWS Secrets Manager."""
    with running() as server:
        yield server


def until(condition: Callable[[], bool]) -> None:
    """Return when another process has brought about what it should, within 30 s."""
    pause = threading.Event()
    for _ in range(LOOKS):
        if condition():
            return
        pause.wait(LOOK_S)
    raise AssertionError(condition)


def goes_on(server: Server, database: Database, rotate: Callable[[], None]) -> None:
    """Hold that customers are answered before, during and after the change."""
    with asking(server) as askers:
        askers.answered(5)
        rotate()
        askers.answered(20)
        until(database.is_joined)
        replies: list[Any] = askers.replies()
    assert {reply["fallback_level"] for reply in replies} == {0}
    assert server.stop() == 0


def told_without_values(log: Path) -> None:
    """Hold that the log names the secret, and has no password."""
    text = log.read_text()
    assert re.search(r"secret\.rotated.*DATABASE_URL", text)
    assert OLD not in text
    assert NEW not in text


def test_a_password_in_a_file(
    tmp_path: Path, stand_in: StandIn, postgres: PostgresServer
) -> None:
    """Even where the file comes after the change, within DB_TIMEOUT."""
    database = Database(postgres, "by_file")
    file, log = tmp_path / "url", tmp_path / "log"
    replace(file, database.url(OLD))

    def rotate() -> None:
        database.change_password()
        replace(file, database.url(NEW))

    told = {"DATABASE_URL_FILE": str(file), "LOG_LEVEL": "DEBUG"}
    with serving(tmp_path / "data", stand_in.address, log=log, **told) as server:
        goes_on(server, database, rotate)
    told_without_values(log)


def test_a_password_in_secrets_manager(
    tmp_path: Path, stand_in: StandIn, postgres: PostgresServer, aws: SecretsServer
) -> None:
    """Two roles in turn: the second is looked up at once when the first is refused."""
    database, log = Database(postgres, "by_manager"), tmp_path / "log"
    aws.create("database", {"DATABASE_URL": database.url(OLD)})

    def rotate() -> None:
        second = database.add_role()
        aws.put("database", {"DATABASE_URL": database.url(NEW, second)})
        database.lock_first_role()

    told = aws.env | {
        "LOG_LEVEL": "DEBUG",
        "MAINSTAY_SECRETS": f"aws-secretsmanager://database?region={REGION}",
    }
    with serving(tmp_path / "data", stand_in.address, log=log, **told) as server:
        goes_on(server, database, rotate)
    told_without_values(log)
