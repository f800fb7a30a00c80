"""Models that fail: Prometheus sees it, Alertmanager tells, and it clears again.

One of them in every test run; ``make proof`` plays the others, and other files' too.
"""

from pathlib import Path

import pytest
from tests.acceptance.hurried import DAYS
from tests.acceptance.server import PRIMARY, StandIn, serving
from tests.acceptance.watched import Watch, watching

DOWN = {"status": 529, "error_type": "overloaded_error"}
REFUSED = {"status": 401, "error_type": "authentication_error"}
NOT_TAKEN = {"status": 400, "error_type": "invalid_request_error"}
RECOVERY_S = "3"
DATED = "claude-sonnet-4-5-20250929"
"""A model whose date is known."""


@pytest.mark.long
def test_an_overloaded_model_opens_its_breaker_and_lowers_replies(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """Both are told with numbers, and cleared when the model answers again."""
    names = ("MainstayBreakerOpen", "MainstayFallbackShare")
    with serving(
        tmp_path / "data", stand_in.address, BREAKER_RECOVERY_SECONDS=RECOVERY_S
    ) as server:
        watch.scrape(server)

        def ask() -> None:
            for _ in range(3):
                server.ask("Hello, who are you?")

        stand_in.fail(primary=DOWN)
        watch.pager.wait("firing", *names, meanwhile=ask)
        breaker = watch.told("MainstayBreakerOpen")["labels"]["breaker"]
        assert breaker == f"anthropic/main/{PRIMARY}"
        said = watch.told("MainstayFallbackShare")["annotations"]["description"]
        assert said.startswith("100% of the replies"), said
        stand_in.heal()
        watch.pager.wait("resolved", *names, meanwhile=ask)


@pytest.mark.long
def test_a_refused_key_pages(tmp_path: Path, stand_in: StandIn, watch: Watch) -> None:
    """Named by model and outcome; cleared when the key is good again."""
    name = "MainstayModelRefuses"
    with serving(tmp_path / "data", stand_in.address) as server:
        watch.scrape(server)

        def ask() -> None:
            server.ask("Hello, who are you?")

        ask()
        stand_in.fail(every=REFUSED)
        watch.pager.wait("firing", name, meanwhile=ask)
        labels = watch.told(name)["labels"]
        assert labels["outcome"] == "auth"
        assert labels["severity"] == "page"
        stand_in.heal()
        watch.pager.wait("resolved", name, meanwhile=ask)


@pytest.mark.long
def test_answers_without_a_model_use_up_the_budget(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """Level 4 for everybody pages at both speeds, until models answer again."""
    names = ("MainstayAnswersMissedFast", "MainstayAnswersMissed")
    with serving(
        tmp_path / "data", stand_in.address, BREAKER_RECOVERY_SECONDS=RECOVERY_S
    ) as server:
        watch.scrape(server)

        def ask() -> None:
            for _ in range(3):
                server.ask("My cat ate my left shoe")

        stand_in.fail(every=DOWN)
        watch.pager.wait("firing", *names, meanwhile=ask)
        for name in names:
            said = watch.told(name)["annotations"]["description"]
            assert said.startswith("100% of the last"), said
        stand_in.heal()
        watch.pager.wait("resolved", *names, meanwhile=ask)


@pytest.mark.long
def test_a_question_in_a_hundred_without_a_model_is_told_after_days(
    tmp_path: Path, stand_in: StandIn
) -> None:
    """As a ticket, until all are answered again; nobody is woken for so few."""
    name = "MainstayAnswersMissedSlowly"
    with (
        watching(tmp_path / "watch", DAYS) as watch,
        serving(tmp_path / "data", stand_in.address) as server,
    ):
        watch.scrape(server)

        def ask() -> None:
            for _ in range(10):
                server.ask("Hello, who are you?")

        stand_in.fail(primary={**NOT_TAKEN, "probability": 0.01}, fallback=NOT_TAKEN)
        watch.pager.wait("firing", name, meanwhile=ask)
        alert = watch.told(name)
        assert alert["labels"]["severity"] == "ticket"
        share = float(alert["annotations"]["description"].partition("%")[0])
        assert share == pytest.approx(1, abs=0.8)
        for louder in ("MainstayAnswersMissedFast", "MainstayAnswersMissed"):
            assert watch.pager.last(louder, "firing") == []
        stand_in.heal()
        watch.pager.wait("resolved", name, meanwhile=ask)


@pytest.mark.long
def test_a_model_that_retires_is_told_until_another_is_set(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """By its name, before the date and after it."""
    name, folder = "MainstayModelRetires", tmp_path / "data"
    with serving(folder, stand_in.address, CLAUDE_MODEL=DATED) as server:
        watch.scrape(server)
        watch.pager.wait("firing", name)
        assert watch.told(name)["labels"]["model"] == DATED
        assert server.stop() == 0
    with serving(folder, stand_in.address) as server:
        watch.scrape(server)
        watch.pager.wait("resolved", name)
