"""The memory of a process: a container's limit counts, where there is one."""

from pathlib import Path

import pytest

from mainstay.system.memory import available_bytes, resident_bytes

MACHINE = "MemTotal:        8000 kB\nMemFree:         1000 kB\n"


@pytest.mark.parametrize(
    ("own", "files", "limit"),
    [
        ("0::/", {"memory.max": "4096000\n"}, 4_096_000),
        ("0::/", {"memory.max": "max\n"}, 8_192_000),
        ("0::/", {}, 8_192_000),
        ("0::/a/b", {"a/b/memory.max": "max", "a/memory.max": "5000"}, 5_000),
        ("0::/kubepods/pod/x", {"memory.max": "6000"}, 6_000),
        ("5:memory:/m\n", {"memory/m/memory.limit_in_bytes": "7000"}, 7_000),
        (
            "5:memory:/m\n",
            {"memory/memory.limit_in_bytes": "9223372036854771712"},
            8_192_000,
        ),
    ],
)
def test_the_least_limit_counts(
    tmp_path: Path, own: str, files: dict[str, str], limit: int
) -> None:
    """Of the machine, the group, and those above it; both versions of groups."""
    (tmp_path / "own").write_text(own)
    (tmp_path / "machine").write_text(MACHINE)
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = available_bytes(tmp_path / "own", tmp_path / "groups", tmp_path / "machine")
    assert found == limit


def test_without_files_nobody_tells(tmp_path: Path) -> None:
    """0 is no bound; the real files can be read."""
    none = tmp_path / "none"
    assert available_bytes(none, none, none) == 0
    assert 10_000_000 < resident_bytes() < available_bytes()
