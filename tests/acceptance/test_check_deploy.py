"""``mainstay check deploy`` and ``mainstay drill`` on a system that runs."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.acceptance.ground import Ground, Notices, grounded, red

from mainstay.checklist.titles import TITLES

NOWHERE = "http://127.0.0.1:9"
RETIRED = {
    "FALLBACK_MODEL": "claude-3-5-haiku-20241022",
    # It has no price any more either.
    "LIMIT_CONVERSATION_USD": "",
}
TIMES = ("--before", "6", "--for", "3", "--after", "40", "--customers", "4")


@pytest.fixture(scope="module")
def ground(
    tmp_path_factory: pytest.TempPathFactory, stand_in_address: str
) -> Iterator[Ground]:
    """Give a system where all is well."""
    folder = tmp_path_factory.mktemp("ready")
    with grounded(folder, stand_in_address) as made:
        yield made


def test_without_a_drill_only_that_is_missing(ground: Ground) -> None:
    """Everything else is looked at for real; a failed walk has its record too."""
    code, found = ground.check()
    assert [one["title"] for one in found["checks"]] == list(TITLES)
    assert red(found) == [(13, "FAIL")], found
    assert code == 1
    assert found["ready"] is False
    assert found["stored"] is True
    assert json.loads(Path(found["record"]).read_text())["record"]["ready"] is False
    labels = Notices.taken[-1]["alerts"][0]["labels"]
    assert labels["alertname"].startswith("MainstayTestAlert")


def test_after_a_drill_it_is_ready(ground: Ground) -> None:
    """The drill leaves a page, a plot and a record; the walk can be verified."""
    code, out, errors = ground.run("drill", "queue-stall", *TIMES)
    assert code == 0, out + errors
    assert "the hypothesis held" in out
    pages = sorted(path.suffix for path in (ground.folder / "data/drills").iterdir())
    assert pages == [".json", ".md", ".svg"]
    code, out, errors = ground.run("check", "deploy")
    assert code == 0, out + errors
    assert out.count(" PASS ") == 13
    assert out.splitlines()[-1] == "Ready to deploy"
    record = next(iter((ground.folder / "data/records").glob("*.json")))
    code, out, _ = ground.run("check", "deploy", "--verify", str(record))
    assert code == 0
    assert "as it was signed" in out
    forged = ground.folder / "forged.json"
    forged.write_text(record.read_text().replace('"FAIL"', '"PASS"'))
    forged.write_text(forged.read_text().replace('"PASS"', '"pass"'))
    code, _, errors = ground.run("check", "deploy", "--verify", str(forged))
    assert code == 1
    assert "not what was signed" in errors


PRODUCTION = {
    "MAINSTAY_ENV": "production",
    "MAINSTAY_DEPLOYMENT": "acme-eu",
    "DB_TYPE": "sqlite",
    "QUEUE_TYPE": "database",
}
PLAIN = PRODUCTION | {"MAINSTAY_AGENT": "mainstay.shop.agent:agent"}
"""In production a secret may not be a plain variable; here all of them are."""


@pytest.mark.long
@pytest.mark.parametrize(
    ("number", "verdict", "env"),
    [
        (4, "ERROR", {"OTEL_EXPORTER_OTLP_ENDPOINT": NOWHERE}),
        (5, "FAIL", RETIRED),
        (9, "FAIL", PLAIN),
        (11, "FAIL", {"ALERTMANAGER_URL": ""}),
        (12, "FAIL", {"MAINSTAY_RUNBOOKS": "/nowhere"}),
    ],
)
def test_one_thing_that_is_wrong_turns_one_check_red(
    ground: Ground, number: int, verdict: str, env: dict[str, str]
) -> None:
    """On the running system, after a drill."""
    _, found = ground.check(**env)
    assert [one for one in red(found) if one[0] != 13] == [(number, verdict)], found


def test_where_things_are_cannot_be_told_nothing_else_is_looked_at(
    ground: Ground,
) -> None:
    """What cannot be looked at is an ERROR, not a PASS."""
    code, found = ground.check(RATE_LIMIT="none", DB_TYPE="oracle")
    assert code == 1
    assert red(found) == [(1, "FAIL"), *((n, "ERROR") for n in range(2, 14))]
    detail = found["checks"][0]["detail"]
    assert "RATE_LIMIT" in detail
    assert "DB_TYPE" in detail


def test_a_record_needs_a_key(ground: Ground) -> None:
    """The error says how to make one."""
    code, _, errors = ground.run("check", "deploy", MAINSTAY_RECORD_KEY="")
    assert code == 1
    assert "openssl genpkey -algorithm ed25519" in errors


@pytest.mark.parametrize(
    ("words", "said", "told"),
    [
        ((), "", "add --production"),
        (("--production",), "acme\n", "that is not its name"),
        (("--production",), "", "that is not its name"),
    ],
)
def test_nobody_drills_in_production_by_mistake(
    ground: Ground, words: tuple[str, ...], said: str, told: str
) -> None:
    """It is said twice, the second time by typing the deployment's name."""
    command = ("drill", "claude-outage", *TIMES, *words)
    code, _, errors = ground.run(*command, said=said, **PRODUCTION)
    assert code == 1
    assert told in errors
    assert "fault begins" not in errors


def levels_until(ground: Ground, *wanted: int) -> None:
    """Ask until an answer has one of these levels.

    Each time as another customer: one who asks without a pause is soon turned away.
    """
    until_s, n = time.monotonic() + 60, 0
    while time.monotonic() < until_s:
        n += 1
        reply = ground.server.ask("where is order 1042?", f"asking_{n}")
        if reply["fallback_level"] in wanted:
            return
    pytest.fail(f"no answer of level {wanted}")


@contextmanager
def fault(ground: Ground, name: str, end: signal.Signals) -> Iterator[None]:
    """Give a fault that is on; its driller gets a signal in the middle of it."""
    drill = subprocess.Popen(
        [
            *(sys.executable, "-m", "mainstay", "drill", name),
            *("--before", "6", "--for", "60", "--customers", "4"),
        ],
        cwd=ground.folder,
        env=ground.env,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert drill.stderr is not None
    try:
        lines: list[str] = []
        while "fault begins" not in "".join(lines[-1:]):
            lines.append(drill.stderr.readline())
            assert lines[-1], lines
        yield
    finally:
        drill.send_signal(end)
        drill.wait(30)
        drill.stderr.close()


@pytest.mark.long
def test_a_queue_that_hands_nothing_out_turns_its_check_red(ground: Ground) -> None:
    """Everything else is up meanwhile: the worker lives, and tells its metrics.

    Played before models are taken away: calls of one that is back come slowly.
    """
    with fault(ground, "queue-stall", signal.SIGINT):
        _, found = ground.check()
    assert [one for one in red(found) if one[0] != 13] == [(7, "FAIL")], found
    levels_until(ground, 0, 1, 2)


@pytest.mark.long
def test_a_driller_who_is_killed_leaves_no_fault(ground: Ground) -> None:
    """It ends by itself within seconds, and models answer again.

    Other drills wait a little longer: nobody has said that it is over.
    """
    with fault(ground, "claude-outage", signal.SIGKILL):
        levels_until(ground, 3, 4)
    code, _, errors = ground.run("drill", "queue-stall", *TIMES)
    assert code == 1
    assert "another drill is on: claude-outage since " in errors
    levels_until(ground, 0, 1, 2)
