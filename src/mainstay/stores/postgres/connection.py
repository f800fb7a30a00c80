"""Connections: where the database is, how one is made, and which faults mean "away"."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from mainstay.domain.errors import MainstayError, StoreUnavailable
from mainstay.ports.secret import Secret
from mainstay.stores.postgres.driver import Connection, asyncpg, errors

APPLICATION = "mainstay"
SERVER_FIRST_S = 1.0
"""How much later than the server the client gives a statement up: what the server stops
itself is undone, and told."""

_AWAY = {"55P03", "40P01", "25006"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the database is, and how long to wait for it.

    Args:
        url: ``postgresql://user@host:port/database``, parameters as libpq knows them.
        timeout_s: seconds that a connection, a statement or a lock may take.
        search_path: schemas of functions and tables.
        rotated: the present URL, asked for each new connection, so that another
            password needs no restart; None: ``url`` for good.
    """

    url: str = field(repr=False)
    timeout_s: float
    search_path: str = "public"
    rotated: Secret | None = None

    def present(self) -> str:
        """Return the URL to connect to now."""
        return self.url if self.rotated is None else self.rotated.current()

    def options(self, url: str) -> dict[str, Any]:
        """Return what asyncpg needs to make a connection to a URL."""
        timeout_ms = str(int(self.timeout_s * 1000))
        return {
            "dsn": url,
            "timeout": self.timeout_s,
            "command_timeout": self.timeout_s + SERVER_FIRST_S,
            # A standby would answer reads with what was, and refuse every write.
            "target_session_attrs": "read-write",
            "server_settings": {
                "application_name": APPLICATION,
                "search_path": self.search_path,
                "statement_timeout": timeout_ms,
                "lock_timeout": timeout_ms,
                "synchronous_commit": "on",
                # Every statement here takes less time than compiling it would.
                "jit": "off",
                "tcp_keepalives_idle": "10",
                "tcp_keepalives_interval": "5",
                "tcp_keepalives_count": "3",
            },
        }


async def connect(address: Address, **more: Any) -> Connection:
    """Open a connection; a refused password is looked up again, and tried once more.

    Args:
        address: the database.
        more: further options of the driver.

    Raises:
        StoreUnavailable: the database cannot be reached, or refuses.
        MainstayError: its address has a parameter that the server does not know.
    """
    url = address.present()
    try:
        return await asyncpg().connect(**more | address.options(url))
    except Exception as error:
        refused = isinstance(error, errors("InvalidAuthorizationSpecificationError"))
        if not (refused and await _renewed(address, url)):
            raise _refused(error) from error
    try:
        return await asyncpg().connect(**more | address.options(address.present()))
    except Exception as error:
        raise _refused(error) from error


@asynccontextmanager
async def session(address: Address) -> AsyncGenerator[Connection]:
    """Open a connection for a few statements, and close it.

    Raises:
        StoreUnavailable: the database cannot be reached, or went away.
        MainstayError: its user may not do what was asked for.
    """
    connection = await connect(address)
    try:
        yield connection
        await connection.close()
    except Exception as error:
        raise translated(error) from error
    finally:
        connection.terminate()


async def _renewed(address: Address, refused: str) -> bool:
    return address.rotated is not None and await address.rotated.renewed(refused)


def _refused(error: Exception) -> Exception:
    """Return why there is no session; a parameter that is none is no absence."""
    if isinstance(error, errors("UndefinedObjectError", "CantChangeRuntimeParamError")):
        return MainstayError(f"{error}; correct the parameters in DATABASE_URL")
    return translated(error)


def is_away(error: BaseException) -> bool:
    """Tell whether a fault means that the database is away, or stops what it does.

    Classes as in the manual's appendix A: 08 connection, 53 resources, 57 operator
    intervention, 58 system; 55P03, 40P01, a lock that could not be had; and 25006, a
    server that takes no writes now: another one does, or it will again.
    """
    if isinstance(error, errors("PostgresError")):
        code: str = getattr(error, "sqlstate", None) or ""
        return code[:2] in {"08", "53", "57", "58"} or code in _AWAY
    # The driver's internal errors come of sessions that end in mid-answer.
    of_driver = errors("InterfaceError", "InternalClientError")
    return isinstance(error, (OSError, TimeoutError, StoreUnavailable, *of_driver))


def was_undone(error: BaseException) -> bool:
    """Tell whether the server itself said that nothing of the statement is left.

    A connection that just breaks leaves that open; the driver tells it with an error of
    class 08, which the server never sends in answer to a statement.
    """
    said = isinstance(error, errors("PostgresError"))
    return said and not isinstance(error, errors("PostgresConnectionError"))


def translated(error: Exception) -> Exception:
    """Return StoreUnavailable for a database that is away, else the fault itself.

    A right that its user lacks is told as what the operator can do about it.
    """
    if isinstance(error, MainstayError):
        return error
    if isinstance(error, errors("InsufficientPrivilegeError")):
        return MainstayError(f"{error}: grant it to the user in DATABASE_URL")
    told = ""
    if isinstance(error, errors("InvalidAuthorizationSpecificationError")):
        told = "the database refuses this user; check user and password in DATABASE_URL"
    elif isinstance(error, errors("InvalidCatalogNameError")):
        told = f"{error}; create it, or correct DATABASE_URL"
    elif isinstance(error, errors("TargetServerAttributeNotMatched")):
        why = "a standby, or default_transaction_read_only is on"
        told = f"the database takes no writes now: {why}"
    elif isinstance(error, errors("ClientConfigurationError")):
        told = f"the database cannot be asked with this DATABASE_URL: {error}"
    elif is_away(error):
        why = str(error) or type(error).__name__
        told = f"the database in DATABASE_URL cannot be used now: {why}"
    return StoreUnavailable(told) if told else error
