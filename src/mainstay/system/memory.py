"""How much memory this process has, and may have."""

import os
from pathlib import Path

from mainstay.system.groups import GROUPS, OWN, folders, text

STATM = Path("/proc/self/statm")
MEMINFO = Path("/proc/meminfo")


def resident_bytes() -> int:
    """Return the resident memory of this process; 0 where Linux's /proc is missing."""
    pages = text(STATM).split()
    return int(pages[1]) * os.sysconf("SC_PAGE_SIZE") if pages else 0


def available_bytes(
    own: Path = OWN, groups: Path = GROUPS, machine: Path = MEMINFO
) -> int:
    """Return what the container may use, or the machine has; 0 when nobody tells.

    Source: https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
    and https://docs.kernel.org/admin-guide/cgroup-v1/memory.html.
    """
    told = [
        text(folder / name).strip()
        for folder in folders("memory", own, groups)
        for name in ("memory.max", "memory.limit_in_bytes")
    ]
    limits = [int(word) for word in told if word.isdigit()]
    words = text(machine).split()
    if words[:1] == ["MemTotal:"]:
        limits.append(int(words[1]) * 1024)
    return min(limits, default=0)
