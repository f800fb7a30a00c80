"""The bench and the soak run from end to end, small."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.timeout(240)


def run(*args: str) -> subprocess.CompletedProcess[str]:
    """Run one of the benchmarks as the Makefile does."""
    return subprocess.run(
        [sys.executable, "-m", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def quick(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, float]:
    """The figures of one quick bench of one layout."""
    page = tmp_path_factory.mktemp("bench") / "figures.json"
    layout = request.param
    done = run("benchmarks.bench", "--quick", "--only", layout, "--json", str(page))
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(page.read_text())["layouts"][layout]["figures"]


def test_every_message_of_a_quick_bench_is_answered(quick):
    """Each is read back: answered once, in order, on level 0."""
    timed, flown = 2 * 64, 200
    steady = quick["answered"] - quick["turns"] - timed - flown
    warm, per_s, seconds = 50, 15, 3
    assert warm + 30 <= steady <= warm + per_s * (seconds + 1)


def test_the_turn_is_set_beside_the_plain_sdk(quick):
    """Both are measured in the same run, and the ratio is theirs."""
    ratio = quick["turn_cpu_ms"] / quick["sdk_stream_pair_cpu_ms"]
    assert quick["sdk_stream_pair_cpu_ms"] > quick["sdk_create_pair_cpu_ms"] > 0
    assert quick["turn_to_sdk_cpu_ratio"] == pytest.approx(ratio)


def test_a_turn_takes_longer_than_its_two_calls(quick):
    """Gateway, queue, ladder and journal take time; the calls take 250 ms each."""
    assert quick["bare_calls_p50_ms_at_64"] >= 500
    assert quick["added_p50_ms_at_64"] > 0


def test_monitoring_is_set_beside_none(quick):
    """On the embedded store, in the same run: the percentage is theirs."""
    if "turn_cpu_ms_of_worker" in quick:
        assert "monitoring_cpu_percent" not in quick
    else:
        assert quick["turn_cpu_ms_monitored"] > 0 < quick["turn_cpu_ms_unmonitored"]
        assert -50 < quick["monitoring_cpu_percent"] < 50
        assert quick["turn_cpu_ms_sending"] > 0
        assert -50 < quick["sending_cpu_percent"] < 100


def test_the_stand_in_model_is_cheap(quick):
    """It must not eat the core that it shares with the load."""
    assert quick["stand_in_cpu_ms_a_call"] < 0.15


def test_a_small_soak_prints_a_row_a_tenth():
    """The hundred thousand turns of ``make soak`` run the same code."""
    done = run("benchmarks.soak", "--turns", "200", "--at-once", "16")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[0] for row in rows[1:11]] == [str(n) for n in range(1, 11)], done.stderr
    assert "memory growth percent since the first tenth" in done.stdout
