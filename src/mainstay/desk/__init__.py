"""The human side: takeover, reply, hand-back, approvals."""
