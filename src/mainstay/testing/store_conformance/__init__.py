"""What every store must do: one suite a port; run them on yours.

Subclass a suite and give it a ``ports`` fixture: ``StorePorts`` on a fresh store whose
clock is the ``ManualClock`` in it. ``ConversationTwin`` foretells what a store must
grant and refuse, whatever two processes do to it.
"""
