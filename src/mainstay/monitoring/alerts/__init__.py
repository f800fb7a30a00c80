"""What is alerted on: one file of rules, for Prometheus and for the notifier here."""

from pathlib import Path

SHIPPED = Path(__file__).parent / "rules.yml"
"""The rules that come with this version, as Prometheus reads them."""
