"""The worker role: receive, claim, run turns, watch, drain."""
