"""What level 3 may answer from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Article:
    """A help article.

    Args:
        source: its path within the folder.
        title: its first heading.
        body: its text without the heading.
    """

    source: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A text found for a question.

    Args:
        title: the article's title, or "" for an earlier answer.
        text: what the customer may read.
        score: similarity from 0 to 1, 1 is the same question.
        source: the article's path, or ``answer:ID``.
    """

    title: str
    text: str
    score: float
    source: str


class Knowledge(Protocol):
    """Help articles and earlier answers, full-text searched in the store."""

    async def load_articles(self, articles: Sequence[Article]) -> int:
        """Make the store hold exactly these articles; return how many changed."""
        ...

    async def search(self, query: str, limit: int) -> list[Passage]:
        """Return help articles for a query, best first."""
        ...

    async def answer(self, question: str, edition: str | None) -> Passage | None:
        """Return what may be sent to a customer who asks ``question``, or None.

        An earlier answer of the same edition of the agent (None: no earlier one), not
        too old, that at least 3 customers were given in these words, or that was
        reviewed: to a question that says nothing but what this one says, and nearly all
        of that. Else a help article of the same agent, locale and policy version that
        covers the question.
        """
        ...
