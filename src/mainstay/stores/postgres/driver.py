"""The driver, loaded when it is needed, and the little of it that is used here.

asyncpg carries no types; these Protocols say what the rest of the package relies on.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Any, Protocol

from mainstay.domain.errors import MainstayError


class Connection(Protocol):
    """One session."""

    async def fetch(
        self,
        query: str,
        *args: object,
        timeout: float | None = None,  # noqa: ASYNC109 - the driver's own
    ) -> list[Any]:
        """Return the rows of a statement, within so many seconds."""
        ...

    async def fetchrow(
        self,
        query: str,
        *args: object,
        timeout: float | None = None,  # noqa: ASYNC109 - the driver's own
    ) -> Any:
        """Return its first row, or None."""
        ...

    async def fetchval(
        self,
        query: str,
        *args: object,
        timeout: float | None = None,  # noqa: ASYNC109 - the driver's own
    ) -> Any:
        """Return the first column of its first row, or None."""
        ...

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement."""
        ...

    async def add_listener(self, channel: str, callback: Callable[..., object]) -> None:
        """Call back for each notification of a channel."""
        ...

    def add_termination_listener(self, callback: Callable[..., object]) -> None:
        """Call back when the session has ended."""
        ...

    def is_closed(self) -> bool:
        """Tell whether the session has ended, as far as it is known here."""
        ...

    async def close(self) -> None:
        """End the session in good order."""
        ...

    def terminate(self) -> None:
        """End it at once."""
        ...


class Pool(Protocol):
    """A bounded number of sessions."""

    def acquire(self, *, timeout: float) -> AbstractAsyncContextManager[Connection]:
        """Lend a session."""
        ...

    def terminate(self) -> None:
        """End all sessions at once."""
        ...


def asyncpg() -> Any:
    """Return the driver's module.

    Raises:
        MainstayError: it is not installed.
    """
    try:
        return import_module("asyncpg")
    except ModuleNotFoundError as error:
        raise MainstayError(
            "PostgreSQL needs its driver; install mainstay[postgres]"
        ) from error


def errors(*names: str) -> tuple[type[Exception], ...]:
    """Return the driver's exceptions of these names."""
    module = asyncpg()
    return tuple(getattr(module, name) for name in names)
