"""The limits of the tool service."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOptions:
    """The limits of one process.

    Args:
        max_calls: calls that run at once; one more is refused before it begins.
        max_request_bytes: of a request's body; a longer one is answered with 413.
        max_grants: grants remembered until they expire, so that none counts twice.
    """

    max_calls: int = 1_000
    max_request_bytes: int = 1024 * 1024
    max_grants: int = 100_000
