"""Shared caches, and what uses them so that losing one never fails a turn."""
