"""What every store must do: one suite a port; run them on yours.

Subclass a suite and give it a ``ports`` fixture: ``StorePorts`` on a fresh store whose
clock is the ``ManualClock`` in it. ``RaceConformance`` takes two of them on one store.
"""
