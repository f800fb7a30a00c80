"""The walk: every check is made, and what cannot be found out blocks."""

import asyncio
from dataclasses import dataclass

from mainstay.checklist.finding import Finding, failed, passed
from mainstay.checklist.titles import Late
from mainstay.checklist.walk import Checked, is_ready, walk
from mainstay.domain.errors import MainstayError
from mainstay.system.clock import SystemClock


@dataclass
class Check:
    """Finds or raises what it is given; None hangs."""

    found: Finding | Exception | None
    title: str = "a check"

    async def look(self) -> Finding:
        """Look."""
        if self.found is None:
            await asyncio.Event().wait()
        if isinstance(self.found, Exception):
            raise self.found
        assert self.found is not None
        return self.found


async def verdicts(*checks: Check) -> list[Checked]:
    """Walk with a short patience."""
    return await walk(checks, SystemClock(), longest_s=0.05)


async def test_whatever_one_does_the_others_are_made() -> None:
    """A hang, an error of ours and one of nobody's are each an ERROR."""
    found = await verdicts(
        Check(None),
        Check(MainstayError("no store at x; run: mainstay migrate")),
        Check(RuntimeError("secret words")),
        Check(failed("bad", "mend it")),
        Check(passed("good")),
    )
    assert [one.verdict for one in found] == ["ERROR"] * 3 + ["FAIL", "PASS"]
    assert (found[1].detail, found[1].way_out) == (
        "no store at x",
        "run: mainstay migrate",
    )
    assert "secret words" not in f"{found[2]}"
    assert found[2].detail.startswith("RuntimeError at test_walk.py:")
    assert all(one.way_out for one in found[:4])


async def test_an_unknown_blocks() -> None:
    """So does an empty list."""
    assert is_ready(await verdicts(Check(passed("")), Check(passed(""))))
    assert not is_ready(await verdicts(Check(passed("")), Check(RuntimeError())))
    assert not is_ready([])


async def test_progress_is_told_as_it_goes() -> None:
    """Each check before it is made, and when it is."""
    told: list[object] = []
    await walk(
        [Check(passed("1"), "first"), Check(passed("2"), "second")],
        SystemClock(),
        begun=lambda number, title: told.append((number, title)),
        ended=lambda one: told.append(one.detail),
    )
    assert told == [(1, "first"), "1", (2, "second"), "2"]


async def test_what_putting_a_check_together_meets_is_its_finding() -> None:
    """A broker's address that is none does not end the walk."""

    def make() -> Check:
        raise MainstayError("QUEUE_URL: is none; correct it")

    [one] = await verdicts(Late("a check", make))  # type: ignore[arg-type]
    assert (one.verdict, one.detail) == ("ERROR", "QUEUE_URL: is none")
