"""The control groups that may limit this process, as Linux tells of them."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

OWN = Path("/proc/self/cgroup")
GROUPS = Path("/sys/fs/cgroup")


def folders(kind: str, own: Path = OWN, groups: Path = GROUPS) -> Iterator[Path]:
    """Return the folder of each group that may limit this process, in both versions.

    Args:
        kind: what it limits, as the first version has it: ``cpu`` or ``memory``.
        own: says which groups this process is in.
        groups: where groups are mounted.
    """
    for line in text(own).splitlines():
        _, kinds, path = line.split(":", 2)
        if kinds and kind not in kinds.split(","):
            continue
        root = groups / kind if kinds else groups
        # A container often sees its own group as the root, by another path.
        inside = PurePosixPath(path.lstrip("/"))
        yield from (root / group for group in (inside, *inside.parents))


def text(path: Path) -> str:
    """Return what a file says, "" without one."""
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
