"""Help articles and earlier answers in PostgreSQL's full-text search."""

import hashlib
from collections.abc import Sequence

from mainstay.domain.question import coverage, telling_words
from mainstay.ports.knowledge import Article, Passage
from mainstay.stores.passages import best_answer, best_article
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.writer import Piece, Writer
from mainstay.stores.statements import load
from mainstay.stores.thresholds import ASKERS

SQL = load("postgres", "knowledge")


class PostgresKnowledge:
    """Searches within one scope: agent, locale and policy version.

    Args:
        writer: for importing articles.
        reader: for searching.
        scope: what an article must share with the agent that sends it.
    """

    def __init__(self, writer: Writer, reader: Reader, scope: str) -> None:
        self._writer = writer
        self._reader = reader
        self._scope = scope

    async def load_articles(self, articles: Sequence[Article]) -> int:
        """Make the store hold exactly these articles; return how many changed."""
        rows = [
            {"source": a.source, "title": a.title, "body": a.body, "digest": _digest(a)}
            for a in articles
        ]
        row = {"scope": self._scope, "articles": rows}
        changed: int = await self._writer.run(Piece("load_articles", row, alone=True))
        return changed

    async def search(self, query: str, limit: int) -> list[Passage]:
        """Return help articles for a query, best first."""
        words = _match(query)
        if not words:
            return []
        rows = await self._reader.rows(SQL["find_articles"], self._scope, words, limit)
        return [
            Passage(title, body, coverage(query, f"{title} {body}"), source)
            for source, title, body in rows
        ]

    async def answer(self, question: str, edition: str | None) -> Passage | None:
        """Return what may be sent to a customer who asks ``question``, or None."""
        words = _match(question)
        if not words:
            return None
        rows = await self._reader.rows(SQL["find_answers"], edition, words, ASKERS, 10)
        return best_answer(question, rows) or best_article(
            question, await self.search(question, 3)
        )


def _match(text: str) -> str:
    """Return a tsquery: any of the words, each quoted so that none is syntax."""
    return " | ".join(f"'{word}'" for word in sorted(telling_words(text))[:40])


def _digest(article: Article) -> str:
    return hashlib.sha256(f"{article.title}\0{article.body}".encode()).hexdigest()
