"""The page of figures: one chapter can be run again."""

from pathlib import Path

from benchmarks.proof import Chapter, head, sections


def test_a_chapter_is_replaced_in_its_place(tmp_path: Path) -> None:
    """The others, and what they printed, stay as they were."""
    page = tmp_path / "figures.md"
    bench = Chapter("Bench", "make bench", "a 1\n\nb 2", passed=False, minutes=4.0)
    soak = Chapter("Soak", "make soak", "c 3", passed=True, minutes=6.0)
    page.write_text(f"{head()}\n{bench.as_text()}\n{soak.as_text()}")
    kept = sections(page)
    assert kept == {"Bench": bench.as_text(), "Soak": soak.as_text()}
    again = Chapter("Bench", "make bench", "a 2", passed=True, minutes=4.0)
    kept |= {"Bench": again.as_text()}
    assert list(kept) == ["Bench", "Soak"]
    assert "FAILED" not in "".join(kept.values())


def test_there_may_be_no_page_yet(tmp_path: Path) -> None:
    """Then nothing is kept."""
    assert sections(tmp_path / "figures.md") == {}
