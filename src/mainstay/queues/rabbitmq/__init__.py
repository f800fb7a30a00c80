"""Wakes on RabbitMQ, on a quorum queue."""
