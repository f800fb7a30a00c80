"""The documentation: its links lead somewhere, and the files it names exist."""

import re
from pathlib import Path

import pytest
from tests.acceptance.server import serving

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)(?:#([\w-]+))?\)")
FILE = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/[\w-]+\.(?:py|sql|md))`")
ROUTE = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?\s]*)`")
WRITTEN_BY_PROOF = "figures.md"
NO_MODEL = "http://127.0.0.1:9"


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


@pytest.mark.parametrize("start", ["README.md", "docs/README.md"])
def test_every_page_can_be_found(start: str) -> None:
    """Following links from the README, or from the index, reaches each page."""
    seen: set[Path] = set()
    waiting = [ROOT / start]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md" and page.exists():
            seen.add(page)
            waiting += [file for file, _ in links(page)]
    assert {name(page) for page in PAGES} - {name(page) for page in seen} == set()


def test_the_page_of_the_http_api_has_every_route(tmp_path: Path) -> None:
    """What it names is served, and what is served it names."""
    page = (ROOT / "docs" / "reference" / "http-api.md").read_text()
    with serving(tmp_path / "data", NO_MODEL) as server:
        paths = server.call("GET", "/openapi.json")[1]["paths"]
    served = {(how.upper(), path) for path, ways in paths.items() for how in ways}
    assert set(ROUTE.findall(page)) == served
