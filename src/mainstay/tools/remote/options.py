"""How a worker talks to the tool service."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteOptions:
    """The limits of one worker.

    Args:
        margin_s: seconds that a call's answer may take beyond the tool's own time-out.
        clock_skew_s: seconds by which the service's clock may be ahead.
        accept_s: seconds in which one attempt must be let in: connected, and asked for
            its body.
        patience_s: seconds in which a call that was not let in is tried again; nothing
            was sent, so that is safe for effects too.
        max_connections: connections open at once.
        compare_every_s: seconds between comparisons of the two sides' tools.
    """

    margin_s: float = 1.0
    clock_skew_s: float = 5.0
    accept_s: float = 2.0
    patience_s: float = 4.0
    max_connections: int = 256
    compare_every_s: float = 15.0
