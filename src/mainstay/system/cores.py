"""How many cores this process may keep busy."""

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

LINUX = sys.platform == "linux"
OWN = Path("/proc/self/cgroup")
GROUPS = Path("/sys/fs/cgroup")


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
        for folder in _folders(own, groups)
        for limit in _limits(folder)
    ]
    return max(1, min([cores, *limits]))


def _folders(own: Path, groups: Path) -> Iterator[Path]:
    """Return the folder of each group that may limit this process."""
    for line in _text(own).splitlines():
        _, kinds, path = line.split(":", 2)
        if kinds and "cpu" not in kinds.split(","):
            continue
        root = groups / "cpu" if kinds else groups
        # A container often sees its own group as the root, by another path.
        inside = PurePosixPath(path.lstrip("/"))
        yield from (root / group for group in (inside, *inside.parents))


def _limits(folder: Path) -> Iterator[float]:
    """Return the cores that a group may use, if it is limited."""
    told = _text(folder / "cpu.max").split() or [
        *_text(folder / "cpu.cfs_quota_us").split(),
        *_text(folder / "cpu.cfs_period_us").split(),
    ]
    if len(told) == 2 and all(word.isdigit() and int(word) for word in told):  # noqa: PLR2004 - of so long
        yield int(told[0]) / int(told[1])


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
