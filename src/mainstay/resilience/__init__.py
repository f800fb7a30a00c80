"""Deadlines, breakers, budgets and limits."""
