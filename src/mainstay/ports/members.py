"""The processes of a deployment: who serves what, and where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Member:
    """A process that is known to the store.

    Args:
        owner: its identity.
        role: what it serves, e.g. ``"gateway+worker"``.
        address: where its HTTP is, ``http://host:port``; "" when it has not said.
    """

    owner: str
    role: str
    address: str

    @property
    def roles(self) -> frozenset[str]:
        """What it serves, one by one."""
        return frozenset(self.role.split("+"))


def gateway_of(members: Iterable[Member]) -> str | None:
    """Return where a gateway is, None when none has said it."""
    found = (one.address for one in members if "gateway" in one.roles and one.address)
    return next(found, None)


class Members(Protocol):
    """Who is known, and who answered when all were called."""

    async def all(self) -> Sequence[Member]:
        """Return every process known, also one that died a moment ago.

        Their addresses are those that ``Pages`` were told.
        """
        ...

    async def answer(self, call: str, owner: str) -> None:
        """Say that a process heard a call; the first answer stays, for an hour."""
        ...

    async def answered(self, call: str) -> str | None:
        """Return who answered a call first, None while nobody has."""
        ...
