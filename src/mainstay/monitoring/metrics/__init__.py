"""The metrics: one file a family, and one table from event to family."""

from mainstay.monitoring.metrics.table import Metrics

__all__ = ["Metrics"]
