"""Parts of a process: started in order, stopped in the opposite one."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Protocol


class Part(Protocol):
    """Something that runs beside others: start returns when it is ready."""

    async def start(self) -> None:
        """Start."""
        ...

    async def stop(self) -> None:
        """Stop; may be repeated."""
        ...


async def start(stack: AsyncExitStack, part: Part) -> None:
    """Start a part; it is stopped when the stack closes."""
    await part.start()
    stack.push_async_callback(part.stop)


@dataclass(frozen=True, slots=True)
class Running:
    """A process that is ready.

    Args:
        address: where its HTTP is, ``http://host:port``.
        model_note: which model it talks to, in words; of a tool service, how to be
            its client.
        roles: what it serves.
    """

    address: str
    model_note: str
    roles: frozenset[str]
