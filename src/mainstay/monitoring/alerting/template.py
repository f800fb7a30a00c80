"""The texts of alerts, with numbers and labels put in as Prometheus does.

https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
"""

import math
import re
from collections.abc import Callable, Mapping

from mainstay.domain.errors import MainstayError

DOCS = "mainstay_docs"
_PLACE = re.compile(r"\{\{(.*?)\}\}")
_WHAT = re.compile(
    r"\s*(?:\$value|\$labels\.(?P<label>\w+)|\$externalLabels\.(?P<outer>\w+))"
    r"\s*(?:\|\s*(?P<how>\w+)\s*)?"
)
_LARGE = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
_SMALL = ("", "m", "u", "n", "p", "f", "a", "z", "y")
_THOUSAND = 1000
_WRITTEN_OUT = 1e21
"""From here on Go writes a float with an exponent."""


class TemplateFault(MainstayError):
    """A text asks for what is not known here."""


def check(text: str) -> None:
    """Return if a text can be filled in.

    Raises:
        TemplateFault: it cannot; the message shows the place.
    """
    for place in _PLACE.findall(text):
        match = _WHAT.fullmatch(place)
        if match is None or (match["how"] or "") not in _FORMS:
            known = ", ".join(sorted(filter(None, _FORMS)))
            raise TemplateFault(
                f"{{{{{place}}}}} is not known here; there are $value, $labels.NAME "
                f"and $externalLabels.NAME, and after | {known}"
            )


def filled(
    text: str, value: float, labels: Mapping[str, str], outer: Mapping[str, str]
) -> str:
    """Return a text with everything put in.

    Args:
        text: as the rule has it.
        value: of the series.
        labels: of the series.
        outer: labels of the whole deployment.
    """

    def put_in(place: re.Match[str]) -> str:
        match = _WHAT.fullmatch(place[1])
        if match is None:
            return place[0]
        form = _FORMS[match["how"] or ""]
        if match["label"]:
            return _text(labels.get(match["label"], ""), form, match["how"])
        if match["outer"]:
            return _text(outer.get(match["outer"], ""), form, match["how"])
        return form(value)

    return _PLACE.sub(put_in, text)


def _text(text: str, form: Callable[[float], str], how: str | None) -> str:
    if how is None:
        return text
    try:
        return form(float(text))
    except ValueError:
        return text


def plain(value: float) -> str:
    """Return a number in as few digits as tell it exactly, like Go's ``%v``."""
    if not math.isfinite(value):
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")
    if value.is_integer() and abs(value) < _WRITTEN_OUT:
        return str(int(value))
    return repr(value)


def humanized(value: float) -> str:
    """Return a number with a metric prefix."""
    if value == 0 or not math.isfinite(value):
        return _short(value)
    prefixes, factor = (_LARGE, 1 / _THOUSAND) if abs(value) >= 1 else (_SMALL, 1000)
    for prefix in prefixes[:-1]:
        if 1 <= abs(value) < _THOUSAND:
            return f"{_short(value)}{prefix}"
        value *= factor
    return f"{_short(value)}{prefixes[-1]}"


def percentage(value: float) -> str:
    """Return a share as a percentage."""
    return f"{_short(value * 100)}%"


def duration(value: float) -> str:
    """Return seconds in days, hours, minutes and seconds."""
    if not math.isfinite(value):
        return _short(value)
    if abs(value) < 1:
        return f"{humanized(value)}s"
    sign, whole = "-" * (value < 0), int(abs(value))
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    if minutes:
        return f"{sign}{minutes}m {seconds}s"
    return f"{_short(value)}s"


def _short(value: float) -> str:
    if not math.isfinite(value):
        return plain(value)
    return f"{value:.4g}"


_FORMS: Mapping[str, Callable[[float], str]] = {
    "": plain,
    "humanize": humanized,
    "humanizePercentage": percentage,
    "humanizeDuration": duration,
}
