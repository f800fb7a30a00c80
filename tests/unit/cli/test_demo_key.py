"""The demo's key file."""

import stat
from pathlib import Path

from mainstay.cli.demo_key import keep_demo_key, read_demo_key


def test_the_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    """A second start has the same key, so that a chat goes on working."""
    data = tmp_path / "data"
    assert read_demo_key(data) is None
    key = keep_demo_key(data)
    assert keep_demo_key(data) == key == read_demo_key(data)


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    """The file has mode 0600 from its first moment on, and no draft stays."""
    keep_demo_key(tmp_path)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_half_made_key_of_a_killed_start_is_replaced(tmp_path: Path) -> None:
    """A draft that a kill left behind does not stop the next start."""
    (tmp_path / "demo-key.new").write_text("half")
    assert len(keep_demo_key(tmp_path)) > 40
