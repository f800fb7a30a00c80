"""Wakes on Amazon SQS, on a standard queue."""
