"""Texts of alerts have their numbers as Prometheus writes them."""

import math

import pytest

from mainstay.monitoring.alerting.template import TemplateFault, check, filled


@pytest.mark.parametrize(
    ("place", "value", "text"),
    [
        ("$value", 3.0, "3"),
        ("$value", 0.1, "0.1"),
        ("$value", 1e21, "1e+21"),
        ("$value", math.inf, "+Inf"),
        ("$value", math.nan, "NaN"),
        ("$value | humanize", 0.0, "0"),
        ("$value | humanize", 999.0, "999"),
        ("$value | humanize", 1234567.0, "1.235M"),
        ("$value | humanize", -0.0123, "-12.3m"),
        ("$value | humanizePercentage", 0.1234567, "12.35%"),
        ("$value|humanizeDuration", 0.0, "0s"),
        ("$value | humanizeDuration", 0.25, "250ms"),
        ("$value | humanizeDuration", 59.5, "59.5s"),
        ("$value | humanizeDuration", 61.0, "1m 1s"),
        ("$value | humanizeDuration", 90061.0, "1d 1h 1m 1s"),
        ("$value | humanizeDuration", -3661.0, "-1h 1m 1s"),
        ("$labels.breaker", 1.0, "tool/refund"),
        ("$labels.none", 1.0, ""),
        ("$labels.n | humanize", 1.0, "2k"),
        ("$externalLabels.mainstay_docs", 1.0, "https://docs/"),
    ],
)
def test_a_place_is_filled(place: str, value: float, text: str) -> None:
    """The forms are those of Prometheus's templates."""
    template = f"<{{{{ {place} }}}}>"
    check(template)
    labels = {"breaker": "tool/refund", "n": "2000"}
    docs = {"mainstay_docs": "https://docs/"}
    assert filled(template, value, labels, docs) == f"<{text}>"


@pytest.mark.parametrize("place", ["$count", "$value | printf", ".Value", "$labels"])
def test_an_unknown_place_is_refused(place: str) -> None:
    """When the rules are loaded, not when the alert fires."""
    with pytest.raises(TemplateFault):
        check(f"{{{{ {place} }}}}")
