"""How full the disk of a folder is."""

import os
from pathlib import Path


def disk_bytes(folder: Path) -> tuple[int, int]:
    """Return what is free for this process, and the whole size, in bytes.

    Of the nearest folder above that exists, where this one does not. May block: a
    network's disk that is away is waited for.
    """
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
