"""A walk through the checklist: every check in turn, whatever the others find."""

import asyncio
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mainstay.checklist.finding import Check, Finding, Verdict, unknown
from mainstay.domain.errors import MainstayError
from mainstay.ports.clock import Clock

LONGEST_S = 120.0
"""Longer than any check waits for what it started."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A check that was made.

    Args:
        number: its place, from 1.
        title: what it is about.
        verdict: what it says.
        detail: why.
        way_out: what to do.
        took_s: seconds that it took.
    """

    number: int
    title: str
    verdict: Verdict
    detail: str
    way_out: str
    took_s: float


async def walk(
    checks: Sequence[Check],
    clock: Clock,
    *,
    begun: Callable[[int, str], None] = lambda _number, _title: None,
    ended: Callable[[Checked], None] = lambda _: None,
    longest_s: float = LONGEST_S,
) -> list[Checked]:
    """Make each check and return what all found.

    Args:
        checks: in their order.
        clock: measures them.
        begun: is told of each before it is made.
        ended: is told of each when it is made.
        longest_s: seconds that one may take.
    """
    found: list[Checked] = []
    for number, check in enumerate(checks, start=1):
        begun(number, check.title)
        started_s = clock.monotonic_s()
        finding = await _look(check, longest_s)
        took_s = round(clock.monotonic_s() - started_s, 3)
        told = (finding.verdict, finding.detail, finding.way_out)
        found.append(Checked(number, check.title, *told, took_s))
        ended(found[-1])
    return found


async def _look(check: Check, longest_s: float) -> Finding:
    try:
        async with asyncio.timeout(longest_s):
            return await check.look()
    except TimeoutError:
        return unknown(f"no result in {longest_s:g} s", "look at what hangs, run again")
    except MainstayError as error:
        # Our own errors end with what to do about them.
        what, _, way = " ".join(str(error).split()).partition("; ")
        return unknown(what, way or "put that right, then run it again")
    except Exception as error:  # noqa: BLE001 - what cannot be looked at is a finding
        told = f"{type(error).__name__} at {_place(error)}"
        return unknown(told, "report this, with that place")


def _place(error: Exception) -> str:
    """Return where it was raised: its words may quote what nobody may see."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"


def is_ready(found: Sequence[Checked]) -> bool:
    """Tell whether every check passed, and there was one."""
    return bool(found) and all(one.verdict == "PASS" for one in found)
