"""Parts of a process: started in order, stopped in the opposite one."""

from contextlib import AsyncExitStack
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
