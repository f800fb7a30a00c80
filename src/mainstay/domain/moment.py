"""Points in time as people and programs read them: RFC 3339, in UTC."""

from datetime import UTC, datetime


def moment(at_ms: float) -> str:
    """Return Unix milliseconds to the second: ``2026-11-26T02:31:07+00:00``."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def timestamp(at_ms: float) -> str:
    """Return Unix milliseconds to the millisecond: ``2026-11-26T02:31:07.410Z``."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
