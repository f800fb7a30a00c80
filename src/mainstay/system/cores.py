"""How many cores this process may keep busy."""

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from mainstay.system.groups import GROUPS, OWN, folders, text

LINUX = sys.platform == "linux"


def usable(own: Path = OWN, groups: Path = GROUPS) -> int:
    """Return the cores, no more than a container's CPU limit, rounded up; 1 at least.

    The limit is that of the control group and of each one above it, in both versions:
    https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
    https://docs.kernel.org/scheduler/sched-bwc.html

    Args:
        own: says which groups this process is in.
        groups: where groups are mounted.
    """
    cores = len(os.sched_getaffinity(0)) if LINUX else os.cpu_count() or 1
    limits = [
        math.ceil(limit)
        for folder in folders("cpu", own, groups)
        for limit in _limits(folder)
    ]
    return max(1, min([cores, *limits]))


def _limits(folder: Path) -> Iterator[float]:
    """Return the cores that a group may use, if it is limited."""
    told = text(folder / "cpu.max").split() or [
        *text(folder / "cpu.cfs_quota_us").split(),
        *text(folder / "cpu.cfs_period_us").split(),
    ]
    if len(told) == 2 and all(word.isdigit() and int(word) for word in told):  # noqa: PLR2004 - of so long
        yield int(told[0]) / int(told[1])
