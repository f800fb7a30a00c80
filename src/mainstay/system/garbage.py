"""The garbage collector of a process that serves for weeks."""

import gc

THRESHOLDS = (20_000, 20, 50)
"""New containers before the youngest generation is looked at, then rounds of each
generation before the next. A turn leaves next to no cycles behind, and Python's own
figures made looking for them a fifth of its CPU (``make bench``)."""


def settle() -> None:
    """Hide what start-up made from the collector; look at the rest less often.

    Called once everything is imported: modules live as long as the process
    (https://docs.python.org/3/library/gc.html#gc.freeze).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
