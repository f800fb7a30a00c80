"""Alerting without Prometheus: its rules, evaluated here, and who is told of them."""
