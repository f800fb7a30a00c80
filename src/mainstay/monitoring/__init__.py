"""Monitoring: turns the core's events into logs, metrics and vital signs."""

from mainstay.monitoring.telemetry import Monitoring

__all__ = ["Monitoring"]
