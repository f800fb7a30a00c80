"""The documentation: its links lead somewhere, and the files it names exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)(?:#([\w-]+))?\)")
FILE = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/[\w-]+\.(?:py|sql|md))`")
WRITTEN_BY_PROOF = "figures.md"


def links(page: Path) -> set[tuple[Path, str]]:
    """Return the files and anchors that a page links to."""
    found = LINK.findall(page.read_text())
    return {((page.parent / file).resolve(), anchor) for file, anchor in found}


def name(page: Path) -> str:
    """Return a page's path in the tree."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_its_links_lead_somewhere(page: Path) -> None:
    """To a file, and under it to a heading."""
    for file, anchor in links(page):
        assert file.exists() or file.name == WRITTEN_BY_PROOF, file
        if anchor:
            heads = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w-]+", "-", h.lower()) for h in heads}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_files_it_names_exist(page: Path) -> None:
    """As a path in the tree, or in the package."""
    bases = (ROOT, ROOT / "src" / "mainstay", page.parent)
    for file in FILE.findall(page.read_text()):
        assert any((base / file).exists() for base in bases) or file.endswith(
            WRITTEN_BY_PROOF
        ), file


def test_every_page_can_be_found() -> None:
    """Following links from the README reaches each page."""
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md" and page.exists():
            seen.add(page)
            waiting += [file for file, _ in links(page)]
    assert {name(page) for page in PAGES} - {name(page) for page in seen} == set()
