"""The vital signs as metrics: always those of the moment."""

from mainstay.domain.anomaly import Judgement
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.health import CheckState
from mainstay.testing.given_signs import GivenSigns


def scraped(signs: GivenSigns) -> list[str]:
    """Return the samples of checks and anomalies."""
    monitoring = Monitoring()
    monitoring.show_signs(signs)
    lines = monitoring.render().decode().splitlines()
    told = ("mainstay_health_check", "mainstay_anomaly")
    return [line for line in lines if line.startswith(told)]


def test_a_check_has_its_state_failures_and_last_run() -> None:
    """One that was never made has no time of it."""
    states = [
        CheckState("database", ok=True, last_run_ms=1_700_000_000_500),
        CheckState("claude_api", ok=False, failures=3),
    ]
    assert scraped(GivenSigns(states)) == [
        'mainstay_health_check_up{check="database"} 1.0',
        'mainstay_health_check_up{check="claude_api"} 0.0',
        'mainstay_health_check_consecutive_failures{check="database"} 0.0',
        'mainstay_health_check_consecutive_failures{check="claude_api"} 3.0',
        "mainstay_health_check_last_run_timestamp_seconds"
        '{check="database"} 1.7000000005e+09',
    ]


def test_a_stale_check_has_no_failures_in_a_row() -> None:
    """It is not well, but nobody knows that it fails: no page is to rest on it."""
    long_ago = CheckState(
        "claude_api", ok=False, failures=2, last_run_ms=1_700_000_000_500, stale=True
    )
    assert scraped(GivenSigns([long_ago])) == [
        'mainstay_health_check_up{check="claude_api"} 0.0',
        "mainstay_health_check_last_run_timestamp_seconds"
        '{check="claude_api"} 1.7000000005e+09',
    ]


def test_a_signal_has_its_score_and_the_numbers_behind_it() -> None:
    """So that an alert can say them; while it learns its score is 0."""
    judged = [
        Judgement("latency", "unusual", 8.1, 4.25, 1.5, 6),
        Judgement("cost_per_turn", "learning", 0.0, 0.02, 0.0, 1),
    ]
    assert scraped(GivenSigns([], judged=judged)) == [
        'mainstay_anomaly_score{signal="latency"} 8.1',
        'mainstay_anomaly_score{signal="cost_per_turn"} 0.0',
        'mainstay_anomaly_value{signal="latency"} 4.25',
        'mainstay_anomaly_value{signal="cost_per_turn"} 0.02',
        'mainstay_anomaly_expected{signal="latency"} 1.5',
        'mainstay_anomaly_expected{signal="cost_per_turn"} 0.0',
        'mainstay_anomaly_learning{signal="latency"} 0.0',
        'mainstay_anomaly_learning{signal="cost_per_turn"} 1.0',
    ]


def test_a_scrape_shows_the_moment() -> None:
    """Nothing is kept from the scrape before."""
    signs, monitoring = GivenSigns(), Monitoring()
    monitoring.show_signs(signs)
    signs.states = [CheckState("database", ok=False)]
    assert b'mainstay_health_check_up{check="database"} 0.0' in monitoring.render()
