"""Metrics of turns: how they end, what they did, and who had to help."""

from mainstay.monitoring.metrics.registry import TURN_BUCKETS_S, Handlers, Registry
from mainstay.ports.telemetry import Held, LimitReached, TurnEnded
from mainstay.ports.turn_events import (
    EffectChanged,
    Escalated,
    HandedOff,
    LeaseGone,
    TurnResumed,
)

LEVELS = ("0", "1", "2", "3", "4")
"""Of replies, the full one first."""


class TurnMetrics:
    """Counts what becomes of turns.

    Args:
        registry: where the metrics are.
    """

    def __init__(self, registry: Registry) -> None:
        counter, histogram = registry.counter, registry.histogram
        self._turns = counter(
            "turns", "Turns that ended or were put off.", "outcome", "level"
        )
        self._turn_s = histogram(
            "turn_duration_seconds", "From claim to end of a turn.", TURN_BUCKETS_S
        ).of()
        self._answer_s = histogram(
            "answer_duration_seconds",
            "From accept to the commit of the reply.",
            TURN_BUCKETS_S,
            "level",
        )
        self._first_word_s = histogram(
            "first_word_seconds",
            "From accept to the first reply, a holding reply or another.",
            TURN_BUCKETS_S,
        ).of()
        self._limits = counter(
            "limits_reached", "Turns that a limit kept from calling a model.", "limit"
        )
        self._held = counter("holding_replies", "Holding replies of the watchdog.").of()
        self._resumed = counter(
            "turns_resumed", "Turns taken up again after their worker died."
        ).of()
        self._lost = counter("leases_lost", "Turns whose worker lost the lease.").of()
        self._effects = counter(
            "effects", "Effects, by the state they came to.", "tool", "state"
        )
        self._escalations = counter(
            "escalations", "Items written for the human inbox.", "cause"
        )
        self._handoffs = counter(
            "handoffs", "Conversations that went to a human.", "cause"
        )

    @property
    def handlers(self) -> Handlers:
        """What counts each event."""
        return {
            TurnEnded: self._ended,
            LimitReached: lambda event: self._limits.of(event.limit).inc(),
            Held: self._hold,
            TurnResumed: lambda _: self._resumed.inc(),
            LeaseGone: lambda _: self._lost.inc(),
            EffectChanged: self._changed,
            Escalated: lambda event: self._escalations.of(event.cause).inc(event.count),
            HandedOff: lambda event: self._handoffs.of(event.cause).inc(),
        }

    def show_levels(self) -> None:
        """Show answers of every level, none so far, in a process that will give some.

        What an outage adds to a level must be an increase, which a series that begins
        with it is not.
        """
        for level in LEVELS:
            self._turns.of("answered", level)
            self._answer_s.of(level)

    def _ended(self, event: TurnEnded) -> None:
        level = "none" if event.level is None else str(event.level)
        self._turns.of(event.outcome, level).inc()
        self._turn_s.observe(event.duration_ms / 1000)
        if event.since_accept_ms is not None:
            self._answer_s.of(level).observe(event.since_accept_ms / 1000)
            if not event.held:
                self._first_word_s.observe(event.since_accept_ms / 1000)

    def _hold(self, event: Held) -> None:
        self._held.inc()
        if event.since_accept_ms is not None:
            self._first_word_s.observe(event.since_accept_ms / 1000)

    def _changed(self, event: EffectChanged) -> None:
        self._effects.of(event.tool, event.state).inc(event.count)
