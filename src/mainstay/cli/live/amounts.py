"""Amounts as people read them; what is not known is a dash."""


def seconds(value: float | None) -> str:
    """Return a duration."""
    if value is None:
        return "-"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 120:  # noqa: PLR2004 - two minutes
        return f"{value:.1f} s"
    if value < 7200:  # noqa: PLR2004 - two hours
        return f"{value / 60:.0f} min"
    return f"{value / 3600:.0f} h"


def share(value: float | None) -> str:
    """Return a share, 0 to 1, in percent."""
    return "-" if value is None else f"{value:.0%}"


def known(value: float | None) -> str:
    """Return a number."""
    return "-" if value is None else f"{value:g}"
