"""The reference page of the settings."""

from pathlib import Path

from mainstay.cli.settings_page import page
from mainstay.settings.model import variables

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "settings.md"


def test_the_page_is_what_the_code_says() -> None:
    """Remake it: python -m mainstay.cli.settings_page > docs/reference/settings.md."""
    assert PAGE.read_text() == page()


def test_the_page_has_every_name() -> None:
    """Each variable has its row, with its range where it has one."""
    for var, _ in variables().values():
        assert f"| `{var.name}` |" in page()
    assert "| 0 to 65535 | `8080` |" in page()
