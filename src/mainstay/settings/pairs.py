"""Lists of pairs in one variable, as OpenTelemetry has them: ``name=value,…``.

Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/, which takes them
from W3C Baggage: values are percent-encoded.
"""

import re
from urllib.parse import unquote

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z/-]{1,255}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,255}")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")


def pairs_of(text: str) -> dict[str, str]:
    """Return the pairs of a list that has been checked; the last of equals counts."""
    listed = (pair.partition("=") for pair in text.split(",") if pair.strip())
    return {name.strip(): unquote(value.strip()) for name, _, value in listed}


def attributes(value: object) -> str:
    """Return a list of attributes as it is.

    Raises:
        ValueError: it is written otherwise.
    """
    return _checked(str(value), _NAME, None)


def headers(value: object) -> str:
    """Return a list of HTTP headers as it is.

    Raises:
        ValueError: it is written otherwise, or HTTP has no such header.
    """
    return _checked(str(value), _HEADER, _PRINTABLE)


def _checked(text: str, name: re.Pattern[str], value: re.Pattern[str] | None) -> str:
    whole = all("=" in pair for pair in text.split(",") if pair.strip())
    pairs = pairs_of(text) if whole else {}
    named = all(name.fullmatch(one) for one in pairs)
    valued = value is None or all(value.fullmatch(one) for one in pairs.values())
    if not (whole and pairs and named and valued):
        message = "should be pairs like name=value,name=value"
        raise ValueError(message)
    return text
