"""The cores of a process: a container's limit counts, where there is one."""

import os
from pathlib import Path

import pytest

from mainstay.system.cores import usable


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine have eight."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))


@pytest.mark.parametrize(
    ("own", "files", "cores"),
    [
        ("0::/", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/", {"cpu.max": "20000 100000\n"}, 1),
        ("0::/", {"cpu.max": "max 100000\n"}, 8),
        ("0::/", {"cpu.max": "1600000 100000\n"}, 8),
        ("0::/", {}, 8),
        # As a service of the machine, below a group with a limit of its own.
        ("0::/a/b", {"a/b/cpu.max": "400000 100000", "a/cpu.max": "3 1"}, 3),
        # A container that sees its group as the root.
        ("0::/kubepods/pod/x", {"cpu.max": "200000 100000"}, 2),
        ("4:cpu,cpuacct:/docker/x\n1:name=systemd:/\n", {}, 8),
        (
            "5:memory:/m\n4:cpuacct,cpu:/docker/x\n0::/\n",
            {"cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "100000"},
            3,
        ),
        (
            "4:cpu:/",
            {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
            8,
        ),
    ],
)
def test_the_least_limit_counts(
    tmp_path: Path, own: str, files: dict[str, str], cores: int
) -> None:
    """Of the machine, the group, and those above it; both versions of groups."""
    (tmp_path / "own").write_text(own)
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert usable(tmp_path / "own", tmp_path / "groups") == cores


def test_without_groups_the_machine_counts(tmp_path: Path) -> None:
    """No file is needed, and the real ones can be read."""
    assert usable(tmp_path / "none", tmp_path) == 8
    assert 1 <= usable() <= 8
