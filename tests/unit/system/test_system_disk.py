"""How full a disk is."""

import shutil
from pathlib import Path

from mainstay.system.disk import disk_bytes


def test_it_is_the_disk_of_the_folder(tmp_path: Path) -> None:
    """As the standard library tells it."""
    free, total = disk_bytes(tmp_path)
    usage = shutil.disk_usage(tmp_path)
    assert total == usage.total
    assert abs(free - usage.free) < total / 10


def test_a_folder_to_come_is_on_the_disk_above(tmp_path: Path) -> None:
    """A worker on PostgreSQL has no data folder."""
    assert disk_bytes(tmp_path / "not" / "there")[1] == disk_bytes(tmp_path)[1]
