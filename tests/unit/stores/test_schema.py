"""What cannot be a store is said in one line."""

from pathlib import Path

import pytest

from mainstay.domain.errors import MainstayError
from mainstay.stores.sqlite.schema import HEAD, migrate


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """The message names the file and the way out; the file stays as it was."""
    path = tmp_path / "mainstay.db"
    path.write_text("garbage" * 100)
    with pytest.raises(MainstayError, match=r"mainstay\.db cannot be used.*DATA"):
        migrate(path)
    assert path.read_text() == "garbage" * 100


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    """What cannot be opened is refused the same way."""
    path = tmp_path / "mainstay.db"
    path.mkdir()
    with pytest.raises(MainstayError, match="cannot be used"):
        migrate(path)


def test_a_new_file_gets_the_schema(tmp_path: Path) -> None:
    """And an up-to-date one is left alone."""
    path = tmp_path / "deep" / "mainstay.db"
    first, second = migrate(path), migrate(path)
    assert (first.before, first.after) == (None, HEAD)
    assert (second.before, second.after, second.done) == (HEAD, HEAD, [])
