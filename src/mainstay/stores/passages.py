"""Which of what a search found may answer a question; the same on each store."""

from collections.abc import Iterable

from mainstay.domain.question import coverage, likeness
from mainstay.ports.knowledge import Passage
from mainstay.stores.thresholds import ANSWER_THRESHOLD, ARTICLE_THRESHOLD


def best_answer(asked: str, rows: Iterable[tuple[str, str, str]]) -> Passage | None:
    """Return the earlier answer to the question most like this one, or None.

    Args:
        asked: the question, as it was written.
        rows: id, question and text of answers that may be given now.
    """
    found = [
        Passage("", text, likeness(asked, q), f"answer:{id_}") for id_, q, text in rows
    ]
    best = max(found, key=lambda passage: passage.score, default=None)
    return best if best is not None and best.score >= ANSWER_THRESHOLD else None


def best_article(asked: str, articles: Iterable[Passage]) -> Passage | None:
    """Return the first of the help articles, best first, that covers the question."""
    for found in articles:
        if found.score >= ARTICLE_THRESHOLD and coverage(asked, found.title) > 0:
            return found
    return None
