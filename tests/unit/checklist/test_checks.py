"""Breaking one thing of a deployment turns exactly its check red."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.checklist.well import TODAY, FakePager, Well, private_key

from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.checklist import queue
from mainstay.checklist.models import ModelFacts
from mainstay.checklist.seal import Seal
from mainstay.checklist.spare import SPARE
from mainstay.checklist.titles import TITLES
from mainstay.checklist.walk import Checked, is_ready, walk
from mainstay.checklist.web import Answer
from mainstay.ports.circuits import Circuit
from mainstay.ports.members import Member
from mainstay.settings.model import variables
from mainstay.system.clock import SystemClock


async def made(well: Well) -> list[Checked]:
    """Go through the list."""
    return await walk(well.checks(), SystemClock(), longest_s=10)


RECORDS = """
groups:
  - name: one
    rules:
      - record: x:y
        expr: sum(z)
"""


def unwritten(well: Well) -> None:
    """Take a runbook away."""
    (well.folder / "QueueDeep.md").unlink()


def undated(well: Well) -> None:
    """Write a runbook that nobody has reviewed."""
    (well.folder / "QueueDeep.md").write_text("# QueueDeep\n")


def no_rules(well: Well) -> None:
    """Let the rules file be of something else; there are no runbooks to ask for."""
    (well.folder / "rules.yml").write_text(RECORDS)


def setting(**values: Any) -> Callable[[Well], None]:
    """Return what sets parts of a deployment."""

    def set_(well: Well) -> None:
        for name, value in values.items():
            setattr(well, name, value)

    return set_


GATEWAY = Member("one", "gateway", "http://g:1")
SILENT = Member("two", "worker", "")
SOON = TODAY + timedelta(days=29)
OTHER = Answer(200, "go_goroutines 9\n")

BROKEN: dict[str, tuple[int, str, Callable[[Well], None]]] = {
    "a setting has a fault": (1, "FAIL", setting(faults=["X not set"])),
    "a pre revision waits": (2, "FAIL", setting(pre=["0006 More"])),
    "a post revision waits": (2, "FAIL", setting(post=["0006 Less"])),
    "there is no breaker": (3, "FAIL", setting(breakers=frozenset())),
    "no worker runs": (4, "FAIL", setting(members=[GATEWAY])),
    "a worker hides": (4, "ERROR", setting(members=[GATEWAY, SILENT])),
    "metrics are another's": (
        4,
        "FAIL",
        lambda w: w.pages.update({"http://w:2/metrics": OTHER}),
    ),
    "metrics fail": (
        4,
        "FAIL",
        lambda w: w.pages.update({"http://w:2/metrics": Answer(500, "")}),
    ),
    "an export is refused": (
        4,
        "ERROR",
        setting(exports={"traces to otlp": "", "logs to otlp": "HTTP 403"}),
    ),
    "the fallback is off": (5, "FAIL", setting(fallback=False)),
    "the fallback is gone": (5, "FAIL", lambda w: w.models.pop("b")),
    "the fallback is retired": (
        5,
        "FAIL",
        lambda w: w.models.update({"b": ModelFacts("retired")}),
    ),
    "the provider says it retires soon": (
        5,
        "FAIL",
        lambda w: w.models.update({"b": ModelFacts("deprecated", SOON)}),
    ),
    "it was published that it retires": (5, "FAIL", setting(published={"a": SOON})),
    "the bucket has no bottom": (6, "FAIL", setting(limited=False)),
    "no worker answers": (7, "FAIL", setting(worker_answers=False)),
    "the door is open": (8, "FAIL", setting(open_door=True)),
    "an ended key still works": (8, "FAIL", lambda w: setattr(w.keys, "ends", False)),
    "a secret is a plain variable": (9, "FAIL", setting(plain={"ANTHROPIC_API_KEY"})),
    "a secret's file is gone": (9, "ERROR", setting(unreadable="A_FILE: no such file")),
    "a secret is logged": (10, "FAIL", setting(leaks=("secret",))),
    "a customer is logged": (10, "FAIL", setting(leaks=("words",))),
    "nothing is logged": (10, "ERROR", setting(log="")),
    "a line is no JSON": (10, "FAIL", setting(log="Traceback")),
    "no alert arrives": (11, "ERROR", setting(pager=FakePager(broken=True))),
    "nobody is told": (11, "FAIL", setting(pager=None)),
    "a runbook is missing": (12, "FAIL", unwritten),
    "a runbook has no date": (12, "FAIL", undated),
    "a runbook is old": (12, "FAIL", lambda w: w.review("ModelDown", 181)),
    "a runbook is of tomorrow": (12, "FAIL", lambda w: w.review("ModelDown", -1)),
    "no drill was played": (13, "FAIL", lambda w: w.drill(1, played=False)),
    "the drill is of a laptop": (13, "FAIL", lambda w: w.drill(1, deployment="mine")),
    "the drill was long ago": (13, "FAIL", lambda w: w.drill(91)),
    "the drill is of next week": (13, "FAIL", lambda w: w.drill(-7)),
    "the drill is of another key": (
        13,
        "FAIL",
        lambda w: w.drill(1, Seal(private_key())),
    ),
    "the drill was dated anew": (
        13,
        "FAIL",
        lambda w: w.drill(1, at="2020-01-01T00:00:00+00:00"),
    ),
}


async def test_all_thirteen_pass_where_all_is_well(tmp_path: Path) -> None:
    """Each under its name, in the order that is published."""
    found = await made(Well(tmp_path))
    assert [(one.title, one.verdict) for one in found] == [
        (title, "PASS") for title in TITLES
    ]
    assert len(TITLES) == 13
    assert is_ready(found)
    assert not any(one.way_out for one in found)


@pytest.mark.parametrize("what", BROKEN)
async def test_exactly_its_check_is_red(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the way out, and nothing is ready to deploy."""
    monkeypatch.setattr(queue, "ANSWER_S", 0.3)
    number, verdict, break_ = BROKEN[what]
    well = Well(tmp_path)
    break_(well)
    found = await made(well)
    red = [(one.number, one.verdict) for one in found if one.verdict != "PASS"]
    assert red == [(number, verdict)], found
    assert found[number - 1].detail
    assert found[number - 1].way_out
    assert not is_ready(found)


async def test_the_first_check_names_what_was_left_out(tmp_path: Path) -> None:
    """By name: that it has a fault is said before, and its value is of no use."""
    [check] = [c for c in Well(tmp_path).checks() if c.title == TITLES[0]]
    fault = ["RATE_LIMIT: should be a valid integer"]
    broken = replace(check, faults=lambda: fault, left_out=frozenset({"RATE_LIMIT"}))  # type: ignore[type-var]
    assert (await broken.look()).detail == (
        f"{fault[0]}; the other checks are made without RATE_LIMIT"
    )


def test_what_can_be_spared_says_neither_where_nor_who() -> None:
    """Each is a setting, none an address, a folder or a secret."""
    known = {var.name: var for var, _ in variables().values()}
    assert SPARE.keys() <= known.keys()
    for name in SPARE:
        assert not known[name].secret
        assert not name.endswith(("_URL", "_TYPE", "_DATA", "_FILE", "_PORT", "_KEY"))
    assert {title for needed in SPARE.values() for title in needed} <= {*TITLES}


async def test_without_rules_neither_alerts_nor_runbooks_pass(tmp_path: Path) -> None:
    """The pages are those of the rules."""
    well = Well(tmp_path)
    no_rules(well)
    found = await made(well)
    assert [one.number for one in found if one.verdict != "PASS"] == [11, 12]


async def test_a_breaker_that_does_not_open_is_found(tmp_path: Path) -> None:
    """It is tripped with the threshold that is set, not with its own."""
    well = Well(tmp_path)
    [check] = [c for c in well.checks() if c.title == TITLES[2]]
    stage = check.stage  # type: ignore[attr-defined]

    @dataclass(frozen=True)
    class Stuck:
        """Joins with breakers that need many more failures."""

        def __getattr__(self, name: str) -> Any:
            return getattr(stage, name)

        def join(self, name: str) -> Any:
            more = replace(stage.options, failures_in_a_row=99, min_calls=99)
            return replace(stage, options=more).join(name)

    finding = await replace(check, stage=Stuck()).look()  # type: ignore[type-var]
    assert (finding.verdict, finding.way_out) == ("FAIL", "check BREAKER_THRESHOLD")


class Late(MemoryCircuits):
    """Circuits whose first two answers come too late."""

    late = 2

    async def look(self, names: Sequence[str]) -> Sequence[Circuit] | None:
        """Look; at first nothing is said."""
        self.late -= 1
        return None if self.late >= 0 else await super().look(names)


async def test_redis_may_be_late_for_a_moment(tmp_path: Path) -> None:
    """It is played again, a second later."""
    [check] = [c for c in Well(tmp_path).checks() if c.title == TITLES[2]]
    circuits = Late(SystemClock())
    stage = replace(check.stage, circuits=circuits)  # type: ignore[attr-defined]
    finding = await replace(check, stage=stage).look()  # type: ignore[type-var]
    assert finding.verdict == "PASS"
    assert circuits.late < 0


async def test_processes_that_do_not_hear_of_each_other_are_found(
    tmp_path: Path,
) -> None:
    """Each sees the failures of its own calls only."""
    [check] = [c for c in Well(tmp_path).checks() if c.title == TITLES[2]]
    stage = check.stage  # type: ignore[attr-defined]

    @dataclass(frozen=True)
    class Apart:
        """Joins with circuits of each side's own."""

        def __getattr__(self, name: str) -> Any:
            return getattr(stage, name)

        def join(self, name: str) -> Any:
            own = MemoryCircuits(SystemClock())
            return replace(stage, circuits=own).join(name)

    finding = await replace(check, stage=Apart()).look()  # type: ignore[type-var]
    assert finding.verdict == "FAIL"
    assert "did not hear of an opening" in finding.detail
