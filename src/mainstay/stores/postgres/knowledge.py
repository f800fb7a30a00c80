"""Help articles and earlier answers in PostgreSQL's full-text search."""

import hashlib
from collections.abc import Sequence

from mainstay.domain.question import coverage, normalised, similarity, telling_words
from mainstay.ports.knowledge import Article, Passage
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.writer import Piece, Writer
from mainstay.stores.statements import load
from mainstay.stores.thresholds import ANSWER_THRESHOLD, ARTICLE_THRESHOLD, ASKERS

SQL = load("postgres", "knowledge")


class PostgresKnowledge:
    """Searches within one scope: agent, locale and policy version.

    Args:
        writer: for importing articles.
        reader: for searching.
        scope: what an answer must share with the agent that sends it.
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

    async def answer(self, question: str) -> Passage | None:
        """Return what may be sent to a customer who asks ``question``, or None."""
        kept = await self._kept(question)
        best = max(kept, key=lambda passage: passage.score, default=None)
        if best is not None and best.score >= ANSWER_THRESHOLD:
            return best
        for found in await self.search(question, 3):
            titled = coverage(question, found.title) > 0
            if titled and found.score >= ARTICLE_THRESHOLD:
                return found
        return None

    async def _kept(self, question: str) -> list[Passage]:
        words, asked = _match(question), normalised(question)
        if not words:
            return []
        rows = await self._reader.rows(
            SQL["find_answers"], self._scope, words, ASKERS, 10
        )
        return [
            Passage(
                "", answer, 1.0 if q == asked else similarity(asked, q), f"answer:{id_}"
            )
            for id_, q, answer in rows
        ]


def _match(text: str) -> str:
    """Return a tsquery: any of the words, each quoted so that none is syntax."""
    return " | ".join(f"'{word}'" for word in sorted(telling_words(text))[:40])


def _digest(article: Article) -> str:
    return hashlib.sha256(f"{article.title}\0{article.body}".encode()).hexdigest()
