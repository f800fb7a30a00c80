"""Wakes on Apache Kafka."""
