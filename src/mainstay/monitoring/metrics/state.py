"""Metrics of how things stand: read in the background, no event tells of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from mainstay.domain.version import VERSION
from mainstay.monitoring.metrics.registry import SHORT_BUCKETS_S, Registry
from mainstay.ports.queue import QueueStats
from mainstay.ports.standing import Standing

if TYPE_CHECKING:
    from prometheus_client import Gauge

QUEUE_STATES = ("ready", "in_flight", "delayed", "dead")


class StateMetrics:
    """Shows what was read last; a process that never reads a thing shows none of it.

    Args:
        registry: where the metrics are.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._gauges: dict[str, Gauge] = {}
        self._depth = registry.gauge(
            "queue_depth", "Conversations by state; dead: turns.", "state"
        )
        self._retires_s = registry.gauge(
            "model_retires_in_seconds", "Until a model is retired.", "model"
        )
        self._lag_s = registry.histogram(
            "event_loop_lag_seconds", "How late the event loop comes.", SHORT_BUCKETS_S
        ).of()
        self._pool_wait_s = registry.histogram(
            "pool_wait_seconds",
            "Waiting for a connection of a pool.",
            SHORT_BUCKETS_S,
            "pool",
        )
        build = registry.gauge("build_info", "1; the version is its label.", "version")
        build.of(VERSION).set(1)

    def set_queue(self, stats: QueueStats) -> None:
        """Show the backlog."""
        for state in QUEUE_STATES:
            self._depth.of(state).set(getattr(stats, state))
        self._set(
            "queue_oldest_age_seconds",
            "How long the oldest ready work has waited.",
            stats.oldest_age_s,
        )

    def set_standing(self, standing: Standing) -> None:
        """Show what waits for a human."""
        self._set("escalations_open", "Items in the human inbox.", standing.escalations)
        self._set(
            "escalations_oldest_age_seconds",
            "How long the oldest item in the human inbox has waited.",
            standing.oldest_age_s,
        )
        self._set(
            "effects_in_doubt",
            "Effects of unknown fate that a human has not settled.",
            standing.in_doubt,
        )

    def set_processes(self, *, workers: int, gateways: int) -> None:
        """Show how many processes serve."""
        self._set("workers", "Processes that run turns.", workers)
        self._set("gateways", "Processes that serve customers.", gateways)

    def set_disk(self, free_bytes: int, total_bytes: int) -> None:
        """Show the disk of the data folder."""
        self._set("disk_free_bytes", "Free on the data folder's disk.", free_bytes)
        self._set("disk_total_bytes", "Size of the data folder's disk.", total_bytes)

    def set_skew(self, skew_s: float) -> None:
        """Show how far this machine's clock is behind the store's."""
        self._set("clock_skew_seconds", "The store's clock minus ours.", skew_s)

    def set_audit(self, *, valid: bool) -> None:
        """Show what the last walk over the audit chain found."""
        self._set("audit_chain_valid", "1 when the audit chain is intact.", valid)

    def set_retirement(self, model: str, in_s: float) -> None:
        """Show how long a model will be served, in seconds; negative: it is not."""
        self._retires_s.of(model).set(in_s)

    def lagged(self, lag_s: float) -> None:
        """Count one look at how late the event loop comes."""
        self._lag_s.observe(lag_s)

    def waits_of(self, pool: str) -> Callable[[float], None]:
        """Return what counts waits for a pool's connections, in seconds."""
        return self._pool_wait_s.of(pool).observe

    def count_commits(self, read: Callable[[], int]) -> None:
        """Show how many groups of writes the store committed; called once."""
        help_ = "Groups of writes committed to the store."
        self._registry.tally("store_commits", help_, read)

    def _set(self, name: str, help_: str, value: float) -> None:
        gauge = self._gauges.get(name)
        if gauge is None:
            gauge = self._gauges[name] = self._registry.gauge(name, help_).of()
        gauge.set(value)
