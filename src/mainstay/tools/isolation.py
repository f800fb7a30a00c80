"""Runs an author's code apart: what it raises, cancels or ignores harms nobody else."""

import asyncio
from collections.abc import Awaitable
from typing import Any


class OutOfTimeError(Exception):
    """The code gave no answer in its time; it may go on, and nobody listens."""


class EscapedError(Exception):
    """The code raised what would end the process, or was cancelled from inside."""


async def answer_within(timeout_s: float, answer: Awaitable[Any]) -> Any:
    """Wait for an answer on a task of its own, which is left behind if it must be.

    A task that ignores its cancellation cannot be ended, only no longer waited for.

    Args:
        timeout_s: seconds until it is given up.
        answer: what an author's function returned.

    Raises:
        OutOfTimeError: no answer in time.
        EscapedError: ``SystemExit`` and its like, or a cancellation of its own making.
    """
    task = asyncio.ensure_future(_contained(answer))
    task.add_done_callback(_retrieved)
    try:
        done, _ = await asyncio.wait([task], timeout=timeout_s)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        task.cancel()
        raise OutOfTimeError(f"no answer within {timeout_s:g} s")
    if task.cancelled():
        raise EscapedError("cancelled from inside")
    return task.result()


async def _contained(answer: Awaitable[Any]) -> Any:
    try:
        return await answer
    except (Exception, asyncio.CancelledError):
        raise
    except BaseException as error:
        # asyncio hands SystemExit on to the loop, and the process would end.
        raise EscapedError(type(error).__name__) from error


def _retrieved(task: "asyncio.Task[Any]") -> None:
    """Look at what came of a task: of one left behind nobody else will."""
    if not task.cancelled():
        task.exception()
