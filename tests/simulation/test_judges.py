"""A world that is broken on purpose is found out, made small, and can be replayed."""

import json
import sys
from io import StringIO
from typing import Any

import pytest

from mainstay.cli.main import main
from mainstay.domain.model_call import ModelFailure, ModelRequest
from mainstay.stores.sqlite import inbox, journal
from mainstay.testing.simulation.events import (
    ModelFault,
    Plan,
    Say,
    ToolTrouble,
    decoded,
    encoded,
)
from mainstay.testing.simulation.many import many
from mainstay.testing.simulation.planning import plan_of
from mainstay.testing.simulation.shrink import shrunk
from mainstay.testing.simulation.world import play
from mainstay.tools.functions import FunctionTools


def first_findings(worlds: int) -> set[str]:
    """Return the rules that the first failing world broke."""
    failing = (r for r in many(1, worlds, jobs=1) if r.findings)
    return {finding.rule for finding in next(failing).findings}


def test_a_plan_goes_through_json_unchanged() -> None:
    """What a failure prints is what replays it."""
    plan = plan_of(5)
    assert decoded(encoded(plan)) == plan


def test_a_lost_message_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A customer was told 202, and nothing of it is on disk."""
    accept = inbox.SqliteInbox.accept

    async def forgetful(self: Any, new: Any) -> Any:
        accepted = await accept(self, new)
        await self._writer.run(
            lambda unit: unit.row("DELETE FROM messages WHERE text LIKE '%(ref 1)'", {})
        )
        return accepted

    monkeypatch.setattr(inbox.SqliteInbox, "accept", forgetful)
    assert "lost message" in first_findings(20)


def test_a_missing_fence_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that lost its lease writes on."""
    words = "AND lease_epoch = :lease_epoch AND lease_owner = :owner"
    bare = journal.SQL["fence"].replace(words, "")
    monkeypatch.setitem(journal.SQL, "fence", bare)
    assert first_findings(100) & {"stale step", "fault", "too many replies"}


def refunding(*events: Any) -> Plan:
    """Return a plan with one customer who wants one refund."""
    say = Say(at_s=1.0, talk=0, ref=1, text="Please: refund order 1001 of 50 (ref 1)")
    return Plan(seed=1, talks=1, events=(say, *events))


def test_a_refund_is_made_once_though_its_answer_was_lost() -> None:
    """The call is sent again under the same key; the reply says what was done."""
    lost = ToolTrouble(at_s=0.0, tool="refund", fault="lost_answer", for_s=4.0)
    outcome = play(refunding(lost))
    assert outcome.findings == []
    done = [line for line in outcome.trace if " outside " in line]
    assert [line.endswith("again") for line in done] == [False, True]


def test_words_that_were_cut_off_leave_no_effect_untold() -> None:
    """What the model had no room to say is added, with tools on too."""
    cut = ModelFault(at_s=2.5, model="primary", fault="max_tokens", for_s=9.0)
    outcome = play(refunding(cut))
    assert outcome.findings == []
    [told] = [line for line in outcome.trace if "agent 0: " in line]
    assert "Done: refund for order 1001." in told


def test_a_failing_plan_is_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the failure does not need is left out; what is left still fails."""
    monkeypatch.setattr(FunctionTools, "unique_key", lambda *args: None)
    failing = next(
        outcome
        for outcome in (play(plan_of(seed)) for seed in range(1, 200))
        if any(f.rule == "effect made twice" for f in outcome.findings)
    )
    small = shrunk(failing)
    assert small.findings[0].rule == failing.findings[0].rule
    assert len(small.plan.events) <= 4 < len(failing.plan.events)
    assert play(decoded(encoded(small.plan))).fingerprint == small.fingerprint


def test_the_command_prints_how_to_replay(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It fails with the seed, the smallest plan, and the line that plays it again."""
    from mainstay.testing.simulation.model import SimulatedModel

    async def call(self: Any, request: ModelRequest, on_text: Any) -> ModelFailure:
        raise RuntimeError("a model must not raise")

    monkeypatch.setattr(SimulatedModel, "call", call)
    assert main(["simulate", "--worlds", "1", "--seed", "4", "--json"]) == 1
    out, err = capfd.readouterr()
    assert json.loads(out)["failed"][0]["seed"] == 4
    assert "mainstay simulate --seed 4 --worlds 1 --trace" in err
    (line,) = [line for line in err.splitlines() if "--plan -" in line]
    plan = line.split("'", 1)[1].rsplit("'", 1)[0]
    monkeypatch.setattr(sys, "stdin", StringIO(plan))
    assert main(["simulate", "--plan", "-"]) == 1
    assert "FAILED" in capfd.readouterr().out


def test_the_command_counts_what_it_played(capfd: pytest.CaptureFixture[str]) -> None:
    """Whole worlds, their turns, their faults, and the slowest answer."""
    assert main(["simulate", "--worlds", "3", "--jobs", "2", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["worlds"], told["failed"]) == (3, [])
    assert told["turns"] > 0
    assert 0 < told["slowest_s"] < 30
