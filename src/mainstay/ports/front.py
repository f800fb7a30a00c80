"""The front as parts of the HTTP interface see it: routes for staff."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from mainstay.ports.keys import KeyRole


@dataclass(frozen=True, slots=True)
class StaffRoute:
    """A route of operators or administrators, and what it says about itself.

    Args:
        method: the HTTP method.
        path: may hold one ``{id}``, or end with one ``{name}``, slashes included.
        work: called with the actor, the id or name ("" without) and the decoded body
            (None without one); returns the answer or raises a domain error.
        role: the least role that may call it.
        summary: one line for the documentation.
        answer: the type that ``work`` returns.
        status: the status of the answer.
        body: the type of the JSON body, or None.
        body_required: false lets the body be left out; its defaults stand for it.
        errors: statuses it may answer with, beside the general ones.
    """

    method: str
    path: str
    work: Callable[[str, str, Any], Awaitable[msgspec.Struct]]
    role: KeyRole
    summary: str
    answer: type[msgspec.Struct]
    status: int = 200
    body: type[msgspec.Struct] | None = None
    body_required: bool = True
    errors: Sequence[int] = ()


class Front(Protocol):
    """Mounts work behind credentials, checked ids and decoded bodies."""

    def staff(self, *routes: StaffRoute) -> None:
        """Mount routes."""
        ...

    def text(self, text: str) -> str:
        """Return a text that may be stored and read; refuse any other."""
        ...
